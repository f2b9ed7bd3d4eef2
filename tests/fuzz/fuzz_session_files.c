// A hostile member with real keys, and files: boxes and datagrams about them are sealed rightly and say what it likes;
// main does with them what persons do. What main is told of was offered, or asked for, by somebody; there is never more
// of it than the bounds allow; what comes out of a pipe is what was sealed, in order; and no word is answered by many.
#include "client/net/session_files.h"
#include "shared/bytes.h"
#include "tests/fuzz/room_of_two.h"
#include "tests/session_nowhere.h"

enum { STEPS = 200, KEYS = 24, OUT = 20, ACKS_FREE = 64 };

static struct {
    struct file_box offer; // as she said it last; key 0: never
    bool said;
    uint32_t turn; // that was answered with
    unsigned ack;
    struct seal_key key;
} hers[KEYS];
static struct {
    uint32_t id, next; // 0 = none
    uint64_t most, came;
    bool asked, begun;
    struct file_pipe *pipe;
} ins[FILES_MOST];
static struct {
    uint32_t id;
    bool told, accepts, ends; // she knows of it; what she said
    struct file_box offer;
    struct seal_key key;
    uint8_t number; // of her acks
    unsigned wants;
} outs[OUT];
static uint32_t last_in, last_out;
static uint64_t numbers[2][16], texts_said, texts_heard, arrived, acks, tells, since;

// ---- what the session says ----

static void on_bytes(void *ctx, const uint8_t *p, size_t n)
{
    struct wire_header h;
    (void)ctx;
    HOLDS(n >= WIRE_DATAGRAM_MIN && n <= WIRE_DATAGRAM_MAX);
    acks += wire_read(&h, p, n) && h.type == WIRE_FILE && wire_stream(h.slot) == WIRE_STREAM_FILE_ACK;
}

static int hers_by_tag(uint64_t tag)
{
    for (int i = 0; i < KEYS; i++)
        if (hers[i].said && hers[i].offer.tag == tag)
            return i;
    return -1;
}

static void on_heard(const char *text)
{
    struct file_box b;
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool good = o && file_box_read(&b, o);
    json_decref(o);
    texts_heard++;
    if (!good)
        return;
    int i = hers_by_tag(b.tag);
    if (b.kind == FILE_BOX_ACCEPT && i >= 0) {
        hers[i].turn = b.turn;
        hers[i].ack = b.number;
    }
    for (i = 0; b.kind == FILE_BOX_OFFER && i < OUT; i++)
        if (outs[i].id && memcmp(outs[i].offer.root, b.root, sizeof b.root) == 0) {
            HOLDS(!outs[i].told || outs[i].offer.tag == b.tag);
            outs[i].told = true;
            outs[i].offer = b;
        }
}

static void in_over(int i)
{
    if (ins[i].pipe)
        file_pipe_abort(ins[i].pipe);
    file_pipe_free(ins[i].pipe);
    memset(&ins[i], 0, sizeof ins[i]);
}

static int place_in(uint32_t id)
{
    int i = 0;
    while (i < FILES_MOST && ins[i].id != id)
        i++;
    HOLDS(i < FILES_MOST); // it is told of nothing else, and never of more
    return i;
}

static void offered(const struct notice *n)
{
    unsigned asked = 0;
    bool known = false;
    HOLDS(n->file->id > last_in && memchr(n->file->name, 0, sizeof n->file->name));
    HOLDS(n->file->size <= FILE_BOX_SIZE_MOST);
    last_in = n->file->id;
    for (int i = 0; i < KEYS; i++)
        known |= hers[i].said && hers[i].offer.size == n->file->size &&
                 memcmp(hers[i].offer.root, n->file->root, sizeof n->file->root) == 0 &&
                 strcmp(hers[i].offer.name, n->file->name) == 0;
    HOLDS(known);
    int i = place_in(0);
    ins[i].id = n->file->id;
    ins[i].asked = true;
    ins[i].most = file_box_stream_most(n->file->size) + (uint64_t)FILE_WINDOW * FILE_CHUNK;
    for (i = 0; i < FILES_MOST; i++)
        asked += ins[i].id && ins[i].asked;
    HOLDS(asked <= FILES_ASKED);
}

static void about_out(const struct notice *n)
{
    int i = 0;
    while (i < OUT && outs[i].id != n->file->id)
        i++;
    HOLDS(i < OUT);
    HOLDS(n->type != NOTICE_FILE_ACCEPTED || outs[i].accepts);
    HOLDS((n->type != NOTICE_FILE_DONE && n->type != NOTICE_FILE_REFUSED) || outs[i].ends);
    HOLDS(n->file->takers <= 1 && n->file->finished <= 1 && n->file->open <= 1);
    if (n->type == NOTICE_FILE_ACCEPTED)
        outs[i].wants++;
    else if (n->type != NOTICE_FILE_STATE && !n->file->open)
        outs[i].id = 0;
}

static void about_file(const struct notice *n)
{
    HOLDS(n->file->id && (!n->member || n->member == EVE));
    if (n->type == NOTICE_FILE_OFFER) {
        offered(n);
        return;
    }
    if (n->file->id % 2 == 0) {
        about_out(n);
        return;
    }
    int i = place_in(n->file->id);
    if (n->type == NOTICE_FILE_CANCELLED || n->type == NOTICE_FILE_DONE) {
        in_over(i);
    } else if (n->type == NOTICE_FILE_AGAIN) {
        HOLDS(!ins[i].asked && ins[i].pipe);
        file_pipe_abort(ins[i].pipe);
        file_pipe_free(ins[i].pipe);
        ins[i].pipe = NULL;
    } else {
        HOLDS(n->type == NOTICE_FILE_STATE && n->file->moved <= ins[i].most);
    }
}

static void is_object(const char *text, size_t most)
{
    json_t *o = json_loads(text, 0, NULL);
    HOLDS(json_is_object(o) && strlen(text) <= most);
    json_decref(o);
}

static void on_notice(void *ctx, struct notice *n)
{
    (void)ctx;
    HOLDS(n->type != NOTICE_CHAT);
    if (n->file)
        about_file(n);
    if (n->type == NOTICE_STATE || n->type == NOTICE_TELL) {
        tells++;
        HOLDS(n->member == EVE && n->kind <= CALL_KIND_RECORDER && (n->text || n->type == NOTICE_STATE));
        if (n->text)
            is_object(n->text, n->type == NOTICE_STATE ? CALL_ABOUT_MAX - 1 : CALL_TELL_MAX - 1);
    }
    notice_free(n);
}

static void on_media(void *ctx, const struct media_packet *p)
{
    (void)ctx;
    (void)p;
    HOLDS(false && "sound out of files");
}

static void on_video(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    (void)ctx;
    (void)member;
    (void)slot;
    (void)frame;
    HOLDS(false && "pictures out of files");
}

// ---- what she says ----

static void say_text(const char *text)
{
    uint64_t n;
    if (said_count < SAID / 2)
        room_keys_send(&eve, SELF, text, &n);
    texts_said++;
}

static void say_box(const struct file_box *b)
{
    char *text = file_box_write(b);
    if (text)
        say_text(text);
    free(text);
}

static void say_offer(struct bytes_reader *r)
{
    uint8_t i = bytes_u8(r) % KEYS, how = bytes_u8(r), root = bytes_u8(r);
    static const uint64_t SIZES[8] = {0, 1, 1024, 5000, 1 << 20, (1 << 20) + 1, FILE_BOX_SIZE_MOST, 70000};
    struct file_box *b = &hers[i].offer;
    *b = (struct file_box){.kind = FILE_BOX_OFFER, .number = how & 15, .size = SIZES[how >> 4 & 7]};
    memset(b->key, i + 1, sizeof b->key);
    memset(b->root, root & 15, sizeof b->root);
    b->tag = file_box_tag(b->key);
    snprintf(b->name, sizeof b->name, root & 16 ? "../%c/x" : "plan %c.pdf", 'a' + i);
    hers[i].said = true;
    session_files_key(&hers[i].key, b->key, 0, session_files_slot(WIRE_STREAM_FILE, b->number), true);
    say_box(b);
}

// About what she offered, what was offered to her, or what nobody did.
static void say_word(struct bytes_reader *r)
{
    uint8_t which = bytes_u8(r), how = bytes_u8(r);
    struct file_box b = {.kind = (enum file_box_kind)(1 + how % (FILE_BOX_KINDS - 1)), .ok = how & 64};
    unsigned i = (which >> 1) % KEYS, k = (which >> 1) % OUT;
    b.number = how >> 4 & 3;
    if (which & 1) {
        b.tag = hers[i].offer.tag;
        b.turn = hers[i].turn + (how == 0xff);
        b.first = how & 128 ? bytes_u32(r) : 0;
        b.of = how >> 5;
    } else {
        b.tag = outs[k].told ? outs[k].offer.tag : 77;
        b.turn = bytes_u8(r);
        memset(b.have, bytes_u8(r), bytes_u8(r));
        outs[k].accepts |= b.kind == FILE_BOX_ACCEPT;
        outs[k].ends |= b.kind != FILE_BOX_ACCEPT;
        if (b.kind == FILE_BOX_ACCEPT && outs[k].told) {
            outs[k].number = b.number;
            session_files_key(&outs[k].key, outs[k].offer.key, EVE, session_files_slot(WIRE_STREAM_FILE_ACK, b.number),
                              true);
        }
    }
    say_box(&b);
}

// A box of any bytes, or with one of the kinds that are told to main.
static void say_odd(struct bytes_reader *r)
{
    static const char *const HEADS[] = {
        "",
        "{\"kind\":\"state\",\"kind-of\":\"film\",\"about\":",
        "{\"kind\":\"tell\",\"tell\":",
        "{\"kind\":\"file-offer\",",
        "{\"kind\":\"file-accept\",\"file\":",
        "{\"kind\":\"state\",\"kind-of\":",
    };
    char text[600] = "";
    uint8_t head = bytes_u8(r) % ARRAY_LEN(HEADS), n = bytes_u8(r);
    size_t at = strlen(HEADS[head]), size = MIN((size_t)n, r->left);
    memcpy(text, HEADS[head], at);
    bytes_copy(r, (uint8_t *)text + at, size);
    text[at + size] = head ? '}' : 0;
    text[at + size + 1] = 0;
    say_text(text);
}

// ---- datagrams ----

static void arrive(struct seal_key *k, unsigned stream, uint8_t number, const uint8_t *payload, size_t n, uint32_t ts)
{
    uint8_t p[WIRE_DATAGRAM_MAX], metadata[SEAL_METADATA], slot = session_files_slot(stream, number);
    if (!k->cipher)
        return;
    wire_write(&(struct wire_header){.type = WIRE_FILE, .sender = EVE, .room = ROOM, .slot = slot}, p);
    struct bytes_writer w = bytes_writer(p + WIRE_HEADER, WIRE_TS_END - WIRE_HEADER);
    bytes_put_u32(&w, ts);
    seal_metadata(metadata, p);
    n = WIRE_TS_END + seal_packet(k, metadata, payload, n, p + WIRE_TS_END);
    wire_stamp(p, n, session.hop.room_down, ++numbers[stream == WIRE_STREAM_FILE][number], now);
    arrived++;
    session_datagram(&session, p, n, now, now);
}

// Chunks in a row from `first` on; each begins with its number.
static void chunks(struct bytes_reader *r)
{
    uint8_t i = bytes_u8(r) % KEYS, count = bytes_u8(r), how = bytes_u8(r);
    uint32_t first = how & 1 ? bytes_u32(r) : bytes_u16(r);
    static uint8_t data[FILE_CHUNK], payload[WIRE_PAYLOAD_MAX];
    size_t n = how & 2 ? FILE_CHUNK : 4u + (how >> 2);
    for (uint32_t c = first; c != first + count; c++) {
        struct bytes_writer w = bytes_writer(data, 4);
        bytes_put_u32(&w, c);
        size_t size = file_bytes_write_data(payload, c, data, n);
        arrive(&hers[i].key, WIRE_STREAM_FILE, hers[i].offer.number, payload, how == 0xff ? 3 : size, c);
    }
}

static void acknowledge(struct bytes_reader *r)
{
    uint8_t k = bytes_u8(r) % OUT, how = bytes_u8(r), payload[FILE_ACK];
    struct file_ack a = {.window = how & 1 ? FILE_WINDOW : how >> 4, .echo_ms = (uint32_t)(now / MS) - (how >> 5)};
    struct file_send *x = NULL;
    for (unsigned i = 0; i < FILES_MOST; i++)
        if (session.files->sends[i] && session.files->sends[i]->id == outs[k].id)
            x = session.files->sends[i];
    a.una = how & 2 && x && x->out ? x->first + x->out->next : how & 4 ? bytes_u32(r) : bytes_u16(r);
    memset(a.bitmap, how & 8 ? 0xff : 0, sizeof a.bitmap);
    file_bytes_write_ack(payload, &a);
    arrive(&outs[k].key, WIRE_STREAM_FILE_ACK, outs[k].number, payload, sizeof payload, a.echo_ms);
}

// ---- what our person does ----

static void send_file(uint8_t how)
{
    int i = 0;
    while (i < OUT && outs[i].id)
        i++;
    if (i == OUT)
        return;
    struct command *c = command_file_new(COMMAND_FILE_OFFER, last_out += 2);
    seal_key_destroy(&outs[i].key);
    memset(&outs[i], 0, sizeof outs[i]);
    outs[i].id = c->file->id;
    memset(outs[i].offer.root, 0, sizeof outs[i].offer.root);
    memcpy(outs[i].offer.root, &outs[i].id, sizeof outs[i].id);
    memcpy(c->file->root, outs[i].offer.root, sizeof c->file->root);
    snprintf(c->file->name, sizeof c->file->name, "ours");
    c->file->size = how * 1000u;
    session_command(&session, c, now);
}

static void order_in(int i, enum command_type type, uint8_t how)
{
    struct command *c = command_file_new(type, ins[i].id);
    if (type == COMMAND_FILE_ACCEPT) {
        ins[i].pipe = file_pipe_create(NULL, NULL, NULL, NULL);
        c->file->pipe = file_pipe_hold(ins[i].pipe);
        memset(c->file->have, how, sizeof c->file->have);
        c->file->have_size = how;
        ins[i].asked = ins[i].begun = false;
        ins[i].came = 0;
    }
    c->flag = how & 1;
    session_command(&session, c, now);
    if (type != COMMAND_FILE_ACCEPT)
        in_over(i);
}

// It can be accepted once more.
static void no_room(int i)
{
    file_pipe_abort(ins[i].pipe);
    file_pipe_free(ins[i].pipe);
    ins[i].pipe = NULL;
    session_command(&session, command_file_new(COMMAND_FILE_FULL, ins[i].id), now);
}

static void decide(struct bytes_reader *r)
{
    uint8_t i = bytes_u8(r) % FILES_MOST, how = bytes_u8(r);
    for (int k = 0; k < OUT; k++)
        if (i == 0 && how == k && outs[k].id) {
            struct command *c = command_file_new(COMMAND_FILE_CANCEL, outs[k].id);
            outs[k].id = 0;
            session_command(&session, c, now);
        }
    if (!ins[i].id)
        return;
    if (!ins[i].pipe && how >= 16)
        order_in(i, COMMAND_FILE_ACCEPT, how);
    else if (ins[i].asked && how < 8)
        order_in(i, COMMAND_FILE_REFUSE, how);
    else if (how < 12)
        order_in(i, how < 6 ? COMMAND_FILE_CANCEL : COMMAND_FILE_DONE, how);
    else if (how < 16 && ins[i].pipe)
        no_room(i);
}

// The disk: what is asked for is given, and what comes is taken, as far as it goes.
static void disk(bool ends)
{
    uint8_t chunk[FILE_PIPE_CHUNK] = {0};
    size_t n;
    for (int i = 0; i < OUT; i++)
        for (; outs[i].wants; outs[i].wants--) {
            struct command *c = command_file_new(COMMAND_FILE_STREAM, outs[i].id);
            struct file_pipe *p = file_pipe_create(NULL, NULL, NULL, NULL);
            for (unsigned k = 0; k < 40 && file_pipe_put(p, chunk, sizeof chunk); k++)
                ;
            if (ends)
                file_pipe_end(p);
            c->file->pipe = file_pipe_hold(p);
            file_pipe_free(p);
            session_command(&session, c, now);
        }
    for (int i = 0; i < FILES_MOST; i++)
        while (ins[i].pipe && file_pipe_take(ins[i].pipe, chunk, &n)) {
            struct bytes_reader r = bytes_reader(chunk, 4);
            uint32_t number = bytes_u32(&r);
            HOLDS(n >= 4 && (!ins[i].begun || number == ins[i].next));
            ins[i].begun = true;
            ins[i].next = number + 1;
            ins[i].came += n;
            HOLDS(ins[i].came <= ins[i].most);
        }
}

// ---- the oracle's part that is seen from inside, and the run ----

static void bounds(void)
{
    unsigned in = 0, out = 0;
    for (unsigned i = 0; i < FILES_MOST; i++) {
        in += session.files->takes[i] && session.files->takes[i]->in;
        out += session.files->sends[i] && session.files->sends[i]->phase != FILE_SEND_IDLE;
    }
    HOLDS(in <= FILES_RUN && out <= FILES_RUN); // these have the large windows
}

static void step(struct bytes_reader *r)
{
    uint8_t op = bytes_u8(r);
    switch (op % 9) {
    case 0:
        say_offer(r);
        break;
    case 1:
    case 2:
        say_word(r);
        break;
    case 3:
        chunks(r);
        break;
    case 4:
        acknowledge(r);
        break;
    case 5:
        decide(r);
        break;
    case 6:
        send_file(op);
        break;
    case 7:
        say_odd(r);
        break;
    default:
        passes((uint64_t)bytes_u8(r) * (op & 128 ? 40 : 2) * MS);
    }
    hand_over();
    disk(op & 64);
    passes(4 * MS); // an answer is heard before she says the next word
    bounds();
}

static void forget_all(void)
{
    for (int i = 0; i < KEYS; i++)
        seal_key_destroy(&hers[i].key);
    for (int i = 0; i < OUT; i++)
        seal_key_destroy(&outs[i].key);
    for (int i = 0; i < FILES_MOST; i++)
        in_over(i);
    memset(hers, 0, sizeof hers);
    memset(outs, 0, sizeof outs);
    memset(numbers, 0, sizeof numbers);
    last_in = last_out = 0;
    texts_said = texts_heard = arrived = acks = tells = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session_io io = session_nowhere();
    struct session_config config = room_of_two_config();
    struct bytes_reader r = bytes_reader(data, size);
    io.datagram = on_bytes;
    io.control = on_control;
    io.notice = on_notice;
    io.audio = io.opened = on_media;
    io.video = on_video;
    session_init(&session, &config, &io);
    heard = on_heard;
    begin(&config, false);
    forget_all();
    since = now;
    for (unsigned i = 0; i < STEPS && r.left > 0; i++)
        step(&r);
    passes(50 * MS);
    disk(true);
    uint64_t ms = (now - since) / MS;
    HOLDS(acks <= ACKS_FREE + arrived + ms);
    HOLDS(tells <= 64 + ms / 100 + 8);
    HOLDS(texts_heard <= 2 * texts_said + 200 + ms / 20);
    hand_over();
    session_destroy(&session);
    room_keys_destroy(&eve);
    forget_all();
    return 0;
}
