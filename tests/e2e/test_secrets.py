#!/usr/bin/env python3
"""Where secrets are, and where they are not: arguments, environment, logs, IPC, cores, and the memory of a client and a
relay (root only; DONTDUMP marks guarded pages)."""
import base64
from kit import *

PASSPHRASE = "seven-green-walruses-yawn"
CHAT = "the-pelican-lands-at-noon"
core_limit = os.path.join(WORK, "cores")
os.mkdir(core_limit)


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def link_key(invite):
    return re.search(r"[#&]k=([\w-]+)", invite)[1]


# ---- memory ----

def mappings(pid):
    """(start, end, permissions, guarded) of everything in a process's memory."""
    found = []
    with open("/proc/%d/smaps" % pid) as f:
        for line in f:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line)
            if m:
                found.append([int(m[1], 16), int(m[2], 16), m[3], False, m[4], False])
            elif line.startswith("Rss:"):
                found[-1][5] = not line.split()[1] == "0"
            elif line.startswith("VmFlags:"):
                found[-1][3] = "dd" in line.split()
    return found


def memory(pid):
    parts = []
    with open("/proc/%d/mem" % pid, "rb", 0) as f:
        for start, end, permissions, guarded, name, resident in mappings(pid):
            if not resident or (name.startswith("/") and "w" not in permissions):
                continue  # never touched, or a library's code
            try:
                f.seek(start)
                parts.append((f.read(end - start), permissions, guarded, name, start))
            except (OSError, ValueError, OverflowError):
                continue  # guard pages and devices
    check(sum(len(p[0]) for p in parts) > 1 << 20, "the memory of %d cannot be read" % pid)
    return parts


def places(pid, secrets):
    """Where each secret lies: {what: [(permissions, guarded, mapping's name)]}."""
    parts = memory(pid)
    out = {}
    for what, value in secrets.items():
        out[what] = []
        for data, permissions, guarded, name, start in parts:
            at = data.find(value)
            while at >= 0:
                out[what].append((permissions, guarded, name, hex(start + at), data[max(at - 24, 0):at], data[at + len(value):at + len(value) + 24]))
                at = data.find(value, at + 1)
    return out


def settled(pid, secrets, when):
    """All of it lies in guarded memory; what is on its way (a command between two threads) gets time to be wiped."""
    end = time.monotonic() + 5 * SLOW
    while True:
        found = places(pid, secrets)
        loose = [(what, f) for what, where in found.items() for f in where if not f[1]]
        if not loose:
            return found
        check(time.monotonic() < end, "%s: in plain memory: %s" % (when, loose))
        time.sleep(0.2)


def forms(invite):
    key = link_key(invite)
    return {"invite key": raw(key), "invite key in words": key.encode()}


def identity(client):
    with open(os.path.join(client.data, "identity"), "rb") as f:
        seed = f.read()[:32]
    return {"identity's seed": seed}


def person(name, *args, **kw):
    data = os.path.join(WORK, name + "-data")
    c = Client(name, relay, "-vv", "--data-dir", data, *args, camera="test" if name in ("Host", "Guest") else "none", **kw)
    c.data = data
    return c


# ---- a call at the highest log level, through every way in ----

relay = Relay(tls=False, args=["-vv"])
words = os.path.join(WORK, "passphrase")
with open(words, "w") as f:
    f.write(PASSPHRASE + "\n")
os.chmod(words, 0o600)
host = person("Host", create=True)
invite = host.invite()
listener = socket.socket(socket.AF_UNIX)  # hears every event
wait_for(lambda: os.path.exists(host.path), "the IPC socket")
listener.connect(host.path)
guest = person("Guest", invite=invite)
by_option = person("Option", "--room", invite)
by_config = os.path.join(WORK, "room.conf")
with open(by_config, "w") as f:
    f.write("name = Config\nroom = %s\n" % invite)
config = person("Config", "--config", by_config)
variable = person("Variable", "--ipc", os.path.join(WORK, "variable.sock"), env={"PARLOUR_ROOM": invite})
variable.path = os.path.join(WORK, "variable.sock")
by_ipc = person("Ipc")
by_ipc.ask("join", invite)
people = [host, guest, by_option, config, variable, by_ipc]
for p in people:
    wait_for(lambda: len([m for m in p.others() if m["has_key"]]) == len(people) - 1, "%s is in the call" % p.name, 30)
for a, b in ((host, guest), (guest, host)):
    a.ask("chat", CHAT)
    wait_for(lambda: [l for l in b.ask("chat-log") if l["text"] == CHAT and not l["mine"]], "the words arrive")

# ---- what other processes see ----

key = link_key(invite)
for p in people:
    for file in ("cmdline", "environ"):
        with open("/proc/%d/%s" % (p.p.pid, file), "rb") as f:
            text = f.read()
        check(key.encode() not in text and b"k=" + key[:8].encode() not in text, "%s of %s shows the invite's key" % (file, p.name))
with open("/proc/%d/cmdline" % guest.p.pid, "rb") as f:
    check(b"/r/" in f.read(), "what is no secret stays readable")
listed = subprocess.run(["ps", "axeww"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
mine = [l for l in listed.splitlines() if b"parlour" in l and b"ps axeww" not in l and key.encode() in l]
check(not mine, "ps shows the invite's key: %s" % mine)
passed("arguments and environment show no key")

# ---- memory ----

root = os.geteuid() == 0
sanitized = "-fsanitize" in os.environ.get("PARLOUR_SANITIZED", "") or "asan" in BUILD or "tsan" in BUILD
if not root:
    print("not root: the memory of others is closed to this test")
elif sanitized:
    print("a sanitizer keeps what was freed: memory is not looked at")
else:
    for p in people:
        found = settled(p.p.pid, dict(forms(invite), **identity(p)), "%s, in the room" % p.name)
        check(found["invite key"] and found["identity's seed"], "the test finds what must be there: %s" % found)
        check(all("w" not in f[0] for f in found["identity's seed"]), "the identity can be written: %s" % found)
        check(len(found["identity's seed"]) == 1, "the identity lies in several places: %s" % found)
    with open(os.path.join(relay.state, "ticket.key"), "rb") as f:
        ticket = {"ticket key": f.read()}
    found = settled(relay.p.pid, dict(ticket, **forms(invite)), "the relay")
    check(not found["invite key"] and not found["invite key in words"], "the relay knows the invite's key")
    found = found["ticket key"]
    check(len(found) == 1 and "w" not in found[0][0], "the ticket key lies once, and is only read: %s" % found)
    passed("secrets lie in guarded memory only")

for p in people:
    p.ask("leave")
if root and not sanitized:
    for p in people:
        # What the home screen offers to go back to is closed to the process itself. A box with a room of its own shows
        # the link to it there: in words, in guarded memory, and nowhere else.
        where = settled(p.p.pid, forms(invite), "%s, after leaving" % p.name)
        found = [f for w in where.values() for f in w if "w" in f[0]]
        if p in (by_option, config, variable):
            check(len(found) == 1 and found[0] in where["invite key in words"],
                  "%s shows the link of its room, once: %s" % (p.name, found))
            continue
        check(not found, "%s has left, and could still write to the invite's key: %s" % (p.name, found))
    passed("after leaving no key is in open memory")
for p in people[1:]:
    p.quit()
host.quit()
events = b""
while True:
    piece = listener.recv(65536)
    events += piece
    if not piece:
        break
check(b'"joined"' in events and b'"chat"' in events, "no events were heard: %r" % events)
check(key.encode() not in events and b"parlour:" not in events, "an IPC event tells the invite's key")
passed("IPC events tell no key")

# ---- a passphrase ----

host = person("Keeper", "--passphrase-file", words, create=True)
invite = host.invite()
check("k=" not in invite, "a room with a passphrase shows its key: " + invite)
code = re.search(r"/r/(\d{6})", invite)[1]
guest = person("Knower", code, "--relay", relay.address, "--passphrase-file", words)
wait_for(lambda: len([m for m in guest.others() if m["has_key"]]) == 1, "the passphrase opens the room", 30)
spoken = {"passphrase": PASSPHRASE.encode()}
if root and not sanitized:
    for p in (host, guest):
        settled(p.p.pid, spoken, p.name)
        p.ask("leave")
        settled(p.p.pid, spoken, p.name + ", after leaving")
    passed("a passphrase lies in guarded memory only")

# ---- a crash ----

for how in (signal.SIGSEGV, signal.SIGABRT):
    victim = person("Victim%d" % how, create=True, env={"TMPDIR": core_limit})
    link = victim.invite()
    wait_for(lambda: victim.members(), "the room stands")
    with open("/proc/%d/limits" % victim.p.pid) as f:
        check(re.search(r"Max core file size +0 +0", f.read()), "a core may be written")
    if not sanitized:
        check(os.stat("/proc/%d/mem" % victim.p.pid).st_uid == 0, "others of the same user may look in")
    victim.p.send_signal(how)
    check(victim.p.wait(20 * SLOW) != 0, "it goes on")
    with open(victim.p.log, "rb") as f:
        log = f.read()
    check(link_key(link).encode() not in log, "the crash tells the key")
    cores = [f for d in (WORK, core_limit, os.getcwd(), victim.data) for f in os.listdir(d) if f.startswith("core")
             and f != "cores"]
    check(not cores, "a core was written: %s" % cores)
passed("a crash leaves nothing")

# ---- logs ----

secrets = {"passphrase": PASSPHRASE.encode(), "chat": CHAT.encode()}
for name in os.listdir(WORK):
    if name.endswith(".out"):
        with open(os.path.join(WORK, name)) as f:
            for i, k in enumerate(re.findall(r"[#&]k=([\w-]+)", f.read())):
                secrets["key %s %d" % (name, i)] = k.encode()
for d in os.listdir(WORK):
    at = os.path.join(WORK, d, "identity")
    if os.path.exists(at):
        with open(at, "rb") as f:
            seed = f.read()[:32]
        for text in (base64.urlsafe_b64encode(seed), base64.b64encode(seed)):
            secrets["identity " + d + str(len(secrets))] = text.rstrip(b"=")
        secrets["identity hex " + d] = seed.hex().encode()
with open(os.path.join(relay.state, "ticket.key"), "rb") as f:
    ticket = f.read()
secrets["ticket key"] = base64.urlsafe_b64encode(ticket).rstrip(b"=")
secrets["ticket key hex"] = ticket.hex().encode()
check(len(secrets) > 10, "the test knows its secrets")
for name in os.listdir(WORK):
    if name.endswith(".log"):
        with open(os.path.join(WORK, name), "rb") as f:
            log = f.read()
        check(b"level=debug" in log or name == "relay.log", "%s is not at its highest level" % name)
        for what, value in secrets.items():
            check(value not in log, "%s tells the %s" % (name, what))
passed("no log tells a secret")
