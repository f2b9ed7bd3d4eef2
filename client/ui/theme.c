#include "theme.h"

static const struct theme DARK = {.night = 0xFF0A0C0Fu,
                                  .wall = 0xFF12151Au,
                                  .panel = 0xFF1A1F26u,
                                  .card = 0xF51A1F26u,
                                  .raised = 0xFF28303Au,
                                  .text = 0xFFF5F2EBu,
                                  .soft = 0xFFC1C7CEu,
                                  .faint = 0xFF98A2AEu,
                                  .edge = 0xFF74808Eu,
                                  .accent = 0xFFFFC062u,
                                  .accent_deep = 0xFF443822u,
                                  .on_accent = 0xFF1C1405u,
                                  .stop = 0xFFFF8074u,
                                  .focus = 0xFFF5F2EBu,
                                  .on_focus = 0xFF12151Au,
                                  .soft_on_focus = 0xFF4A525Cu,
                                  .scrim = 0xCC0A0C0Fu,
                                  .dim = 0x990A0C0Fu,
                                  .hair = 0x1AF5F2EBu,
                                  .lamp = 0x06FFA460u,
                                  .graph_fill = 0x24FFC062u,
                                  .graph_base = 0xFF3A434Eu,
                                  .not_possible = 0xFF39424Du,
                                  .track = 0xFF11151Au,
                                  .track_on_focus = 0xFFCFCBC2u,
                                  .high = false};

static const struct theme HIGH = {.night = 0xFF000000u,
                                  .wall = 0xFF000000u,
                                  .panel = 0xFF000000u,
                                  .card = 0xFF000000u,
                                  .raised = 0xFF1C1C1Cu,
                                  .text = 0xFFFFFFFFu,
                                  .soft = 0xFFE8E8E8u,
                                  .faint = 0xFFE8E8E8u,
                                  .edge = 0xFFFFFFFFu,
                                  .accent = 0xFFFFD83Du,
                                  .accent_deep = 0xFF1C1C1Cu,
                                  .on_accent = 0xFF000000u,
                                  .stop = 0xFFFFA59Cu,
                                  .focus = 0xFFFFFFFFu,
                                  .on_focus = 0xFF000000u,
                                  .soft_on_focus = 0xFF000000u,
                                  .scrim = 0xFF000000u,
                                  .dim = 0x99000000u,
                                  .hair = 0xFFFFFFFFu,
                                  .lamp = 0x00000000u,
                                  .graph_fill = 0x00000000u, // no see-through colour but dim: the line alone
                                  .graph_base = 0xFFFFFFFFu,
                                  .not_possible = 0xFF8C8C8Cu,
                                  .track = 0xFF5A5A5Au,
                                  .track_on_focus = 0xFFB8B8B8u,
                                  .high = true};

const struct theme *theme_now = &DARK;
static bool still;

const struct theme *theme_table(bool high_contrast)
{
    return high_contrast ? &HIGH : &DARK;
}

void theme_choose(bool high_contrast)
{
    theme_now = theme_table(high_contrast);
}

void theme_reduce_motion(bool reduced)
{
    still = reduced;
}

unsigned theme_motion(unsigned ms)
{
    return still ? 0 : ms;
}

double theme_part(uint64_t elapsed_us, unsigned ms)
{
    if (elapsed_us >= ms * UINT64_C(1000))
        return 1;
    return (double)elapsed_us / (ms * 1000.0);
}
