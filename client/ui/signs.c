// What is said for as long as it is true: other than a toast it does not go by itself.
#include "ui_state.h"

#include "words.h"

#include <stdio.h>

bool signs_hold(const struct ui *ui, struct toast *sign)
{
    *sign = (struct toast){.kind = "hold"};
    if (ui->call->hold == CALL_HOLD_NONE)
        return false;
    bool talks = ui->call->hold == CALL_HOLD_TALK, missing = talks && ui->call->microphone_missing;
    snprintf(sign->icon, sizeof sign->icon, "%s", talks && !missing ? "mic" : "mic-off");
    if (missing)
        snprintf(sign->text, sizeof sign->text, "%s", WORD_HELD_NOTHING);
    else
        snprintf(sign->text, sizeof sign->text, talks ? WORD_HELD_TALK : WORD_HELD_SILENT, _(input_cap(INPUT_HOLD)));
    return true;
}
