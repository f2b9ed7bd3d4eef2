#include "sps.h"

#include "shared/wire.h"

#include <string.h>

enum { NAL_SPS = 7, SPS_BYTES_MAX = 256 };

// Bits of the RBSP: emulation prevention bytes are already out. Over the end: `failed` and zeros.
struct bits {
    const uint8_t *data;
    size_t size, at; // in bits
    bool failed;
};

static unsigned bit(struct bits *b)
{
    if (b->at >= b->size) {
        b->failed = true;
        return 0;
    }
    unsigned v = b->data[b->at / 8] >> (7 - b->at % 8) & 1u;
    b->at++;
    return v;
}

static uint32_t fixed(struct bits *b, unsigned count)
{
    uint32_t v = 0;
    while (count-- > 0)
        v = v << 1 | bit(b);
    return v;
}

// Exp-Golomb ue(v), §9.1; longer than 31 zero bits is malformed.
static uint32_t exp_golomb(struct bits *b)
{
    unsigned zeros = 0;
    while (!b->failed && bit(b) == 0)
        if (++zeros > 31) {
            b->failed = true;
            return 0;
        }
    return (uint32_t)((UINT64_C(1) << zeros) - 1 + fixed(b, zeros));
}

static int64_t signed_exp_golomb(struct bits *b)
{
    int64_t v = exp_golomb(b);
    return v & 1 ? (v + 1) / 2 : -(v / 2);
}

static void skip_scaling_list(struct bits *b, unsigned size)
{
    int64_t last = 8, next = 8;
    for (unsigned i = 0; i < size && !b->failed; i++) {
        if (next != 0)
            next = (last + signed_exp_golomb(b) + 256) % 256;
        last = next == 0 ? last : next;
    }
}

// The part only high profiles have. False for what is not 8 bit 4:2:0.
static bool read_high(struct bits *b)
{
    if (exp_golomb(b) != 1) // chroma_format_idc
        return false;
    if (exp_golomb(b) != 0 || exp_golomb(b) != 0 || bit(b) != 0) // bit depths, lossless
        return false;
    if (bit(b))
        for (unsigned i = 0; i < 8; i++)
            if (bit(b))
                skip_scaling_list(b, i < 6 ? 16 : 64);
    return !b->failed;
}

static uint32_t skip_order_count(struct bits *b)
{
    uint32_t type = exp_golomb(b);
    if (type == 0) {
        exp_golomb(b);
    } else if (type == 1) {
        bit(b);
        signed_exp_golomb(b);
        signed_exp_golomb(b);
        uint32_t cycle = exp_golomb(b);
        if (cycle > 255)
            b->failed = true;
        for (uint32_t i = 0; i < cycle && !b->failed; i++)
            signed_exp_golomb(b);
    } else if (type > 2) {
        b->failed = true;
    }
    return type;
}

static void skip_hrd(struct bits *b)
{
    uint32_t count = exp_golomb(b);
    if (count > 31)
        b->failed = true;
    fixed(b, 8);
    for (uint32_t i = 0; i <= count && !b->failed; i++) {
        exp_golomb(b);
        exp_golomb(b);
        bit(b);
    }
    fixed(b, 20);
}

// Annex E, up to how far pictures are out of order. What does not get that far does not say.
static bool read_reorder(struct bits *b, unsigned *out)
{
    if (bit(b) && fixed(b, 8) == 255) // shape of a pixel: any other
        fixed(b, 32);
    if (bit(b)) // overscan
        bit(b);
    if (bit(b)) { // video signal, its colours
        fixed(b, 4);
        if (bit(b))
            fixed(b, 24);
    }
    if (bit(b)) { // where chroma lies
        exp_golomb(b);
        exp_golomb(b);
    }
    if (bit(b)) { // timing
        fixed(b, 32);
        fixed(b, 32);
        bit(b);
    }
    bool nal = bit(b);
    if (nal)
        skip_hrd(b);
    bool vcl = bit(b);
    if (vcl)
        skip_hrd(b);
    if (nal || vcl)
        bit(b);
    bit(b);
    if (!bit(b)) // bitstream restriction
        return false;
    bit(b);
    for (unsigned i = 0; i < 4; i++)
        exp_golomb(b);
    *out = exp_golomb(b);
    return !b->failed;
}

static bool read_size(struct bits *b, struct sps *out)
{
    uint32_t across = exp_golomb(b), down = exp_golomb(b);
    bool frames_only = bit(b);
    if (!frames_only)
        return false; // interlaced
    bit(b);           // direct_8x8_inference
    if (b->failed || across >= WIRE_VIDEO_WIDTH_MAX / 16 || down >= WIRE_VIDEO_WIDTH_MAX / 16)
        return false;
    out->coded_width = (across + 1) * 16;
    out->coded_height = (down + 1) * 16;
    uint32_t left = 0, right = 0, top = 0, bottom = 0;
    if (bit(b)) {
        left = exp_golomb(b);
        right = exp_golomb(b);
        top = exp_golomb(b);
        bottom = exp_golomb(b);
    }
    uint64_t cut_x = 2 * ((uint64_t)left + right), cut_y = 2 * ((uint64_t)top + bottom);
    if (b->failed || cut_x >= out->coded_width || cut_y >= out->coded_height)
        return false;
    out->width = out->coded_width - (unsigned)cut_x;
    out->height = out->coded_height - (unsigned)cut_y;
    unsigned longer = MAX(out->coded_width, out->coded_height), shorter = MIN(out->coded_width, out->coded_height);
    return longer <= WIRE_VIDEO_WIDTH_MAX && shorter <= WIRE_VIDEO_HEIGHT_MAX;
}

// False for what no decoder may be asked to keep back.
static bool read_order(struct bits *b, uint32_t order, struct sps *out)
{
    unsigned reorder = 0;
    out->tells_reorder = bit(b) && read_reorder(b, &reorder);
    if (out->tells_reorder) {
        out->reorder = reorder;
        return reorder <= SPS_REORDER_MAX;
    }
    // The baseline has no such pictures, and of the third kind of counting the order is that of decoding.
    out->tells_reorder = out->profile == 66 || order == 2;
    return true;
}

static bool is_high(unsigned profile)
{
    return profile == 100 || profile == 110;
}

bool sps_read(struct sps *out, const uint8_t *nal, size_t size)
{
    // What we need comes first, so a longer one (large VUI) is simply read up to there.
    uint8_t raw[SPS_BYTES_MAX];
    size_t n = 0;
    *out = (struct sps){0};
    if (size < 4 || (nal[0] & 0x9f) != NAL_SPS)
        return false;
    for (size_t i = 1; i < size && n < sizeof raw; i++) {
        if (i >= 3 && nal[i] == 3 && nal[i - 1] == 0 && nal[i - 2] == 0)
            continue;
        raw[n++] = nal[i];
    }
    struct bits b = {.data = raw, .size = n * 8};
    out->profile = fixed(&b, 8);
    fixed(&b, 8); // constraint flags
    out->level = fixed(&b, 8);
    if (out->profile != 66 && out->profile != 77 && !is_high(out->profile))
        return false;
    if (exp_golomb(&b) > 31) // its id
        return false;
    if (is_high(out->profile) && !read_high(&b))
        return false;
    if (exp_golomb(&b) > 12) // log2_max_frame_num_minus4
        return false;
    uint32_t order = skip_order_count(&b);
    out->reference_frames = exp_golomb(&b);
    bit(&b); // gaps in frame numbers allowed
    return !b.failed && out->reference_frames <= 16 && read_size(&b, out) && !b.failed && read_order(&b, order, out);
}

bool sps_check_frame(const uint8_t *data, size_t size, struct sps *out, bool *found)
{
    const uint8_t *at = data, *end = data + size;
    if (found)
        *found = false;
    while (end - at > 3) {
        const uint8_t *one = memchr(at + 2, 1, (size_t)(end - at - 2));
        if (!one || end - one < 2)
            break;
        if (one[-1] == 0 && one[-2] == 0 && (one[1] & 0x1f) == NAL_SPS) {
            if (!sps_read(out, one + 1, (size_t)(end - one - 1)))
                return false;
            if (found)
                *found = true;
        }
        at = one - 1;
    }
    return true;
}
