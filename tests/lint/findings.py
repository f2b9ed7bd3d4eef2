"""The command line of a check that lists what it finds: `NAME.py [TREE]`, `NAME.py --self-test`."""
import os
import sys


def run(check, self_test):
    """`check(tree)` gives the findings, a line each; any makes the exit code 1."""
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    found = check(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../.."))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
