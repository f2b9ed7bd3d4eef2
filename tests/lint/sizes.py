#!/usr/bin/env python3
"""Files over 600 lines and functions over 100 fail; over 500 and 60 are listed. `sizes.py [TREE]`, `--self-test`."""
import os
import re
import sys
import tempfile

FILE_LIST, FILE_FAIL, FUNCTION_LIST, FUNCTION_FAIL = 500, 600, 60, 100


def functions(lines):
    """(name, first line, length): a `{` alone in column 0 opens, a `}` in column 0 closes (clang-format's Linux style)."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{" and number > 1:
            start = number
        elif line.startswith("}") and start:
            head = " ".join(lines[max(0, start - 5) : start - 1])
            names = re.findall(r"(\w+)\s*\(", head)
            yield (names[-1] if names else "?"), start, number - start - 1
            start = None


def check(tree):
    bad, listed = [], []
    for top in ("shared", "relay", "client", "tests"):
        for folder, _, names in os.walk(os.path.join(tree, top)):
            for name in sorted(names):
                if not name.endswith((".c", ".h", ".py", ".sh", ".cc")):
                    continue
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8", errors="replace") as f:
                    lines = f.read().split("\n")
                short = os.path.relpath(path, tree)
                if len(lines) - 1 > FILE_LIST:
                    (bad if len(lines) - 1 > FILE_FAIL else listed).append("%s: %d lines" % (short, len(lines) - 1))
                if not name.endswith((".c", ".cc")):
                    continue
                for function, at, length in functions(lines):
                    if length > FUNCTION_LIST:
                        out = bad if length > FUNCTION_FAIL else listed
                        out.append("%s:%d: %s has %d lines" % (short, at, function, length))
    return bad, listed


def self_test():
    body = lambda n: "int f(void)\n{\n" + "    g();\n" * n + "}\n"
    for text, expected in ((body(101), 1), (body(100), 0), ("\n" * 601, 1), ("\n" * 600, 0)):
        with tempfile.TemporaryDirectory() as tree:
            os.makedirs(os.path.join(tree, "shared"))
            with open(os.path.join(tree, "shared/x.c"), "w") as f:
                f.write(text)
            if len(check(tree)[0]) != expected:
                print("self-test: expected %d findings" % expected)
                return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    found, near = check(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../.."))
    for line in near:
        print("growing: " + line)
    for line in found:
        print("too long: " + line)
    sys.exit(1 if found else 0)
