#!/usr/bin/env python3
"""Calls and marks that have no place in the tree. `banned.py [TREE]`; `--self-test` plants each of them."""
import os
import re
import tempfile

import findings

CALLS = "strcpy strcat sprintf vsprintf gets sscanf strtok alloca system popen rand srand tmpnam mktemp atoi".split()
MARKS = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
RULES = [
    (re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(CALLS)), True, (".c", ".h")),
    # A macro asks twice: base_sooner.
    (re.compile(r"\b(MIN|MAX|CLAMP)\(.*_(tick|frame|run|take|pop)\("), True, (".c", ".h")),
    (re.compile(r"^\s*extern\b(?! \"C\")"), True, (".c",)),
    (re.compile(r"\b(%s)\b" % "|".join(MARKS)), False, (".c", ".h", ".py", ".sh", ".md", ".txt")),
]


def code_only(text):
    """Comments and string contents blanked, line numbers kept."""
    blank = lambda m: m.group(0)[0] + re.sub(r"[^\n]", " ", m.group(0)[1:-1]) + m.group(0)[-1]
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def check(tree):
    bad = []
    for top in ("shared", "relay", "client", "tests", "assets"):
        for folder, _, names in os.walk(os.path.join(tree, top)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                kinds = [r for r in RULES if name.endswith(r[2])]
                if not kinds or not os.path.isfile(path):
                    continue
                with open(path, encoding="utf-8", errors="replace") as f:
                    text = f.read()
                code = code_only(text) if name.endswith((".c", ".h")) else text
                for pattern, in_code, _ in kinds:
                    for number, line in enumerate((code if in_code else text).split("\n"), 1):
                        m = pattern.search(line)
                        if m:
                            bad.append("%s:%d: %s" % (os.path.relpath(path, tree), number, m.group(0).strip()))
    return bad


def self_test():
    lines = ["    %s(a);" % c for c in CALLS] + ["extern int x;", "    next = MIN(next, a_tick(a));"] + ["// %s later" % m for m in MARKS]
    fine = ['puts("sprintf(");', "snprintf(a, 1, b);", "// never strcpy(a, b)", "o->system(1);", "grand(1);",
            "randombytes_buf(p, 1);"]
    for cases, expected in ((lines, 1), (fine, 0)):
        for line in cases:
            with tempfile.TemporaryDirectory() as tree:
                os.makedirs(os.path.join(tree, "shared"))
                with open(os.path.join(tree, "shared/x.c"), "w") as f:
                    f.write(line + "\n")
                if len(check(tree)) != expected:
                    print("self-test: %r: expected %d findings" % (line, expected))
                    return 1
    return 0


if __name__ == "__main__":
    findings.run(check, self_test)
