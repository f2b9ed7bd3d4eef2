// Opened payloads from a hostile member: any marks, numbers, times and bytes.
#include "client/recv/assembler.h"
#include "client/sps.h"
#include "shared/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assembler *a = assembler_create();
    struct bytes_reader r = bytes_reader(data, size);
    uint32_t number = 1000;
    uint64_t now = 1;
    while (!r.failed && r.left > 0) {
        number += (uint32_t)(int8_t)bytes_u8(&r);
        uint8_t mark = bytes_u8(&r), ts = bytes_u8(&r), step = bytes_u8(&r);
        size_t n = bytes_u8(&r);
        n = MIN(n * (step & 1 ? 5 : 1), r.left);
        const uint8_t *payload = bytes_take(&r, n);
        if (r.failed)
            break;
        now += (uint64_t)step * 500;
        assembler_push(a, step == 255 ? number * 7919 : number, ts, mark, payload, n, now);
        struct recv_frame out;
        while (assembler_pop(a, now, &out)) {
            struct sps sps;
            if (out.size == 0 || !sps_check_frame(out.data, out.size, &sps, NULL))
                number++;
            for (size_t i = 0; i < ASSEMBLER_PADDING; i++)
                if (out.data[out.size + i])
                    abort();
            free(out.data);
        }
        if (assembler_deadline(a) < now)
            abort();
    }
    assembler_destroy(a);
    return 0;
}
