"""What the benches with chirps are asked for: which cases, how many chirps, of which build."""
import argparse
import os


def read(doc, cases, chirps, settle_s, option=False):
    """The arguments. Before anything of the tests is imported: it is --build that says which programs they start."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-b", "--build", help="build directory (default: PARLOUR_BUILD, else build/release)")
    p.add_argument("-n", "--chirps", type=int, default=chirps)
    p.add_argument("-s", "--settle", type=int, default=settle_s, metavar="SECONDS",
                   help="of each call before (default %(default)s)")
    if option:
        p.add_argument("-a", "--option", action="append", default=[], help="for both clients; several times")
    p.add_argument("cases", nargs="*", metavar="CASE")
    a = p.parse_args()
    for name in a.cases:
        if name not in cases:
            p.error("no such case: " + name)
    if a.build:
        os.environ["PARLOUR_BUILD"] = os.path.abspath(a.build)
    return a
