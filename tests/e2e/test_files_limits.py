#!/usr/bin/env python3
"""Files where something is in the way: a disk that is full before and in the middle, a file that is changed, and no UDP. The
call goes on meanwhile."""
from files import *

MIB = 1 << 20
small = os.path.join(WORK, "small")
os.mkdir(small)


class SmallDisk:
    """Runs a program with 20 MiB at `small`, which nobody else sees."""

    def command(self, args):
        return ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=20m none "$0" && exec "$@"', small] + args


def tcp_alone(relay, invite):
    """The invite by an address where nothing but TCP comes through."""
    with socket.socket() as s:
        s.bind(("127.0.0.3", 0))
        port = s.getsockname()[1]
    p = start([os.path.join(BUILD, "tests", "netem"), "--tcp", "127.0.0.3:%d=127.0.0.1:%d" % (port, relay.control)],
              "tcp.log", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    check(p.stdout.readline() == b"ready\n", "netem is not ready")
    return invite.replace("127.0.0.1:%d" % relay.control, "127.0.0.3:%d" % port, 1)


relay = Relay()
ann = client("Ann", relay, create=True)
link = ann.invite()
cat = client("Cat", relay, invite=tcp_alone(relay, link))  # gets used to it while the others are busy
disk = subprocess.run(SmallDisk().command(["true"]), stderr=subprocess.PIPE)
if disk.returncode == 0:
    bob = client("Bob", relay, invite=link, folder=small, host=SmallDisk())
    together(ann, bob, cat)
    bob_id = next(m["id"] for m in ann.members() if m["name"] == "Bob")
    inside = "/proc/%d/root%s" % (bob.p.pid, small)

    def fill(mib):
        with open(os.path.join(inside, "filler"), "wb") as f:
            f.write(bytes(mib * MIB))

    # It would not fit: nothing is asked for, and once there is room it can be taken all the same.
    fill(14)
    path = make("eight", 8 * MIB, 1)
    ann.ask("send-file", path, bob_id)
    take(bob, "eight")
    f = wait_state(bob, False, "eight", "failed")
    check((f["sentence"], f["advice"]) == ("There is no room for it on the disk.", "Make room, then try again."), f)
    check(find(ann, True, "eight", "offered"), "it is still offered: %s" % find(ann, True, "eight"))
    os.unlink(os.path.join(inside, "filler"))
    bob.ask("retry-file", f["file"])
    wait_for(lambda: find(bob, False, "eight", "done"), "there is room now", 20)
    check(digest(os.path.join(inside, "eight")) == digest(path), "and it is whole")
    passed("no room, and then there is")

    # Somebody else fills the disk in the middle, up to what is to stay free: what has come stays, and goes on.
    os.unlink(os.path.join(inside, "eight"))
    path = make("eighteen", 18 * MIB, 2)
    ann.ask("send-file", path, bob_id)
    take(bob, "eighteen")
    wait_for(lambda: find(bob, False, "eighteen")["done"] > 2 * MIB, "some of it comes", 20, 0.02)
    with open(os.path.join(inside, "filler"), "wb", 0) as f:
        while os.statvfs(inside).f_bavail * os.statvfs(inside).f_frsize > 3 * MIB // 2:
            f.write(bytes(MIB // 8))
    f = wait_state(bob, False, "eighteen", "failed")
    check((f["sentence"], f["advice"]) == ("There is no room for it on the disk.", "Make room, then try again."), f)
    had = sum(os.stat(os.path.join(inside, n)).st_blocks * 512 for n in os.listdir(inside) if n.endswith(".part"))
    check(had >= MIB, "what has come is kept: %s" % os.listdir(inside))
    f = wait_state(ann, True, "eighteen", "waiting")
    wait_for(lambda: find(ann, True, "eighteen")["sentence"] == "Bob has no room for it now. It goes on when there is.",
             "Ann reads why: %s" % f, 5)
    bob.ask("retry-file", find(bob, False, "eighteen")["file"])  # too early
    wait_state(bob, False, "eighteen", "failed")
    os.unlink(os.path.join(inside, "filler"))
    bob.ask("retry-file", find(bob, False, "eighteen")["file"])
    seen = []

    def goes_on():
        f = find(bob, False, "eighteen")
        seen.append(f["done"])
        return f["state"] == "done"

    wait_for(goes_on, "it goes on", 30, 0.02)
    check(digest(os.path.join(inside, "eighteen")) == digest(path), "and it is whole")
    check(min(n for n in seen if n) >= had // MIB * MIB - MIB, "it goes on where it was: %s, %s" % (had, seen[:5]))
    wait_state(ann, True, "eighteen", "done")
    passed("a disk that others fill in the middle; %.1f MiB did not come again" % (had / MIB))

    # They need even what was to stay free: over for both, and nothing is left of it.
    os.unlink(os.path.join(inside, "eighteen"))
    path = make("seventeen", 17 * MIB, 6)
    ann.ask("send-file", path, bob_id)
    take(bob, "seventeen")
    wait_for(lambda: find(bob, False, "seventeen")["done"] > MIB, "some of it comes", 20, 0.02)
    with open(os.path.join(inside, "filler"), "wb") as f:
        try:
            f.write(bytes(19 * MIB))
        except OSError:
            pass
    f = wait_state(bob, False, "seventeen", "failed")
    check((f["sentence"], f["advice"]) == ("There is no room for it on the disk.", "Make room. Ann can send it again."), f)
    f = wait_state(ann, True, "seventeen", "cancelled")
    check(f["sentence"] == "Bob has stopped it.", f)
    check(os.listdir(inside) == ["filler"], "nothing of it is left: %s" % os.listdir(inside))
    bob.ask("chat", "still here")
    wait_for(lambda: any(l["text"] == "still here" for l in ann.ask("chat-log")), "the call is as it was", 5)
    os.unlink(os.path.join(inside, "filler"))
    ann.ask("retry-file", f["file"])
    take(bob, "seventeen")
    wait_for(lambda: find(bob, False, "seventeen", "done"), "it comes at the second try", 20)
    passed("a disk that is filled to its end")
    bob.quit()
else:
    together(ann, cat)
    print("SKIP: no disk of its own can be mounted here: %s" % disk.stderr.decode().strip())

# What is changed after it was offered is not sent.
cat_id = next(m["id"] for m in ann.members() if m["name"] == "Cat")
path = make("changing", 3 * MIB, 3)
ann.ask("send-file", path, cat_id)
offered(cat, "changing")
with open(path, "r+b") as f:
    f.write(b"other")
take(cat, "changing")
f = wait_state(ann, True, "changing", "failed")
check(f["sentence"] == "The file has been changed meanwhile.", f)
wait_state(cat, False, "changing", "cancelled")
check(not parts(cat), "nothing of it is left")
ann.ask("retry-file", f["file"])
f = take(cat, "changing")
arrived(ann, cat, path, f["file"], "changing")
passed("a file that is changed")

wait_for(lambda: cat.ask("stats")["call"]["path"] == "tcp", "Cat goes by TCP", 10)
give(ann, cat, make("down", 4 * MIB, 4), to=cat_id)
give(cat, ann, make("up", 4 * MIB, 5), to=next(m["id"] for m in cat.members() if m["name"] == "Ann"))
check(cat.ask("stats")["call"]["path"] == "tcp", "by TCP all the way")
passed("over TCP alone, both ways")
for c in (ann, cat):
    c.quit()
