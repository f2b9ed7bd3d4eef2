// Addresses as text: what is taken fits, and a literal says the same when written and read again.
#include "tests/fuzz/fuzz.h"

#include "shared/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256], host[64], out[ADDR_TEXT_MAX];
    uint16_t port;
    struct addr a, b;
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (!addr_split(text, 5000, host, sizeof host, &port))
        return 0;
    HOLDS(port != 0 && strlen(host) > 0 && strlen(host) < sizeof host && strstr(text, host));
    if (!addr_literal(&a, host, port))
        return 0;
    HOLDS(addr_port(&a) == port && addr_equal(&a, &a));
    addr_text(&a, out);
    HOLDS(addr_split(out, 1, host, sizeof host, &port) && addr_literal(&b, host, port));
    HOLDS(addr_equal(&a, &b) && addr_is_unusable(&a) == addr_is_unusable(&b));
    HOLDS(!addr_is_loopback(&a) || !addr_is_any(&a));
    return 0;
}
