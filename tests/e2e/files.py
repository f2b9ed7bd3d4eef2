"""Clients that give each other files: what the tests of files have in common. Standard library only."""
import hashlib
import random

from bad_line import BadLine
from kit import *


def make(name, size, seed=1, text=False, folder=None):
    """A file of bytes nobody can deflate, or of text that everybody can."""
    folder = folder or os.path.join(WORK, "give")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    noise = random.Random(seed)
    with open(path, "wb") as f:
        f.write((b"the same again, %d\n" % seed * (size // 10))[:size] if text else noise.randbytes(size))
    return path


def digest(path):
    with open(path, "rb") as f:
        return hashlib.blake2b(f.read()).hexdigest()


def client(name, relay, *args, folder=None, **kw):
    """Without picture and sound; its downloads in WORK/NAME-in, its keys in WORK/NAME-keys, so that it can come again."""
    folder = folder or os.path.join(WORK, name + "-in")
    c = Client(name, relay, "--data-dir", os.path.join(WORK, name + "-keys"), "--download-dir", folder, "--file-floor-mb", "1",
               "--no-register", *args, camera="none", **kw)
    c.folder = folder
    return c


def together(*them):
    wait_for(lambda: all(sum(m["has_key"] for m in c.others()) == len(them) - 1 for c in them),
             "%s are together" % [c.name for c in them], 20)


def across_a_line():
    """Ann, and Bob behind a line of 16 Mbit/s, in one room: relay, line, the room's link, Ann, Bob."""
    relay = Relay()
    line = BadLine(relay, "delay=2 rate=16000 queue=60")
    ann = client("Ann", relay, create=True)
    link = ann.invite()
    bob = client("Bob", relay, invite=line.invite(link))
    together(ann, bob)
    return relay, line, link, ann, bob


def find(c, out, name=None, state=None):
    """The newest file of that name (any, when none is said) that goes or comes, in that state."""
    return next((f for f in reversed(c.ask("files"))
                 if f["out"] == out and name in (None, f["name"]) and state in (None, f["state"])), None)


def wait_state(c, out, name, state, seconds=20, every=0.05):
    def there():
        f = find(c, out, name)
        check(not f or f["state"] == state or f["state"] not in ("failed", "cancelled", "refused", "done"),
              "%s: %s is not %s: %s" % (c.name, name, state, f))
        return f and f["state"] == state and f
    return wait_for(there, "%s: %s is %s" % (c.name, name, state), seconds, every)


def offered(c, name=None, seconds=20):
    return wait_for(lambda: find(c, False, name, "asked"), "%s is offered %s" % (c.name, name), seconds)


def take(c, name=None):
    f = offered(c, name)
    c.ask("accept-file", f["file"])
    return f


def give(a, b, path, name=None, seconds=30, to=None):
    """From a to b, whole; where it is then."""
    name = name or os.path.basename(path)
    a.ask("send-file", path, *([to] if to else []))
    f = take(b, name)
    return arrived(a, b, path, f["file"], name, seconds)


def begins(a, b, name, size, seed, far):
    """From a to b, until that many bytes are there; the file at a."""
    path = make(name, size, seed)
    a.ask("send-file", path)
    take(b, name)
    wait_for(lambda: (find(b, False, name) or {}).get("done", 0) >= far, "%d bytes of %s are there" % (far, name), 30)
    return path


def arrived(a, b, path, file, name, seconds=30):
    def over():
        f = next(f for f in b.ask("files") if f["file"] == file)
        check(f["state"] not in ("failed", "cancelled", "refused"), "%s: %s" % (b.name, f))
        return f["state"] == "done" and f
    f = wait_for(over, "%s has %s" % (b.name, name), seconds)
    check(f["done"] == f["size"] == os.path.getsize(path), f)
    where = os.path.join(b.folder, f["name"])
    check(digest(where) == digest(path), "what arrived is not what was sent")
    wait_for(lambda: find(a, True, name, "done"), "%s knows that it is there" % a.name, 10)
    return where


def parts(c):
    """What is there of files that are not whole."""
    return sorted(n for n in os.listdir(c.folder) if n.startswith(".parlour-")) if os.path.isdir(c.folder) else []
