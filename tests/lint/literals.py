#!/usr/bin/env python3
"""Words for people stand in words.h, or are marked: in client/ui no string literal with a word in it is drawn or put into
a sentence as it is. `literals.py [TREE]`; `--self-test` plants some."""
import os
import re
import tempfile

import findings

# What draws, or makes what is drawn.
CALLS = re.compile(r"\b(pen_text\w*|pen_paragraph|pen_number|ui_toast|toasts_add|snprintf|say|say_of)\s*\(")
LITERAL = re.compile(r'(?<![A-Za-z_]\()"((?:[^"\\]|\\.)*)"')
# Formats, names of icons and files, units, times of day and keys are no words; a sentence begins with a capital or has a blank.
WORD = re.compile(r"^[A-Z][a-z]{2,}|[a-z]{2,} [a-z]{2,}")
KEYS = {"Esc", "Enter", "Tab", "Ctrl", "Parlour", "Mbit/s"}


def arguments(text, start):
    depth, i, quoted = 0, start, False
    while i < len(text):
        c = text[i]
        if quoted:
            i += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "()":
            depth += 1 if c == "(" else -1
            if depth == 0:
                return text[start:i]
        i += 1
    return text[start:]


def check(tree):
    bad = []
    folder = os.path.join(tree, "client", "ui")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".c"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            text = f.read()
        for call in CALLS.finditer(text):
            for m in LITERAL.finditer(arguments(text, call.end() - 1)):
                words = re.sub(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z)?[a-zA-Z%]", "", m.group(1))
                if WORD.search(words) and m.group(1) not in KEYS:
                    bad.append('%s:%d: "%s" is not in words.h' % (os.path.join("client/ui", name),
                                                                 text.count("\n", 0, call.start()) + 1, m.group(1)))
    return bad


def self_test():
    planted = ['pen_text(pen, x, y, style, "Close");', 'snprintf(out, 9, "%u more below", n);',
               'ui_toast(ui, "warn", "link", on ? "Door is open" : "x");', 'pen_paragraph(pen, f(1), 2, "not here now");']
    fine = ['pen_text(pen, x, y, style, WORD_CLOSE);', 'snprintf(out, 9, "%u × %u", a, b);', 'pen_text(p, x, y, s, _("Close"));',
            'pen_icon(pen, "mic-off", x);', 'log_warn("canvas", "no renderer here");', 'snprintf(a, 9, "%.1f Mbit/s", b);']
    for lines, expected in ((planted, len(planted)), (fine, 0)):
        with tempfile.TemporaryDirectory() as tree:
            os.makedirs(os.path.join(tree, "client/ui"))
            with open(os.path.join(tree, "client/ui/x.c"), "w", encoding="utf-8") as f:
                f.write("\n".join(lines))
            if len(check(tree)) != expected:
                print("self-test: expected %d findings, not %s" % (expected, check(tree)))
                return 1
    return 0


if __name__ == "__main__":
    findings.run(check, self_test)
