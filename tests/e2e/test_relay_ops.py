#!/usr/bin/env python3
"""Running a relay: watching it, giving it another certificate, ending it, what it lets nobody do."""
import http.client

from peer import *


def get(relay, path, method="GET"):
    k = http.client.HTTPConnection("127.0.0.1", relay.admin, timeout=10 * SLOW)
    k.request(method, path)
    r = k.getresponse()
    body = r.read().decode()
    k.close()
    return r.status, r.getheader("Content-Type"), body


def parse(text):
    """Prometheus text format 0.0.4, strictly; {name: {labels: value}}."""
    check(len(text) < 32768, "the metrics are short: %d" % len(text))
    check(text.endswith("\n"), "the last line is whole")
    out, kinds, helps, current = {}, {}, set(), None
    for line in text[:-1].split("\n"):
        m = re.fullmatch(r"# HELP ([a-z_:]+) ([^\\]+)", line)
        if m:
            check(m[1] not in helps, "one HELP each: " + line)
            helps.add(m[1])
            current = m[1]
            continue
        m = re.fullmatch(r"# TYPE ([a-z_:]+) (counter|gauge)", line)
        if m:
            check(m[1] == current and m[1] not in kinds, "HELP, TYPE, values: " + line)
            kinds[m[1]] = m[2]
            check((m[2] == "counter") == m[1].endswith("_total"), "counters are called _total: " + line)
            continue
        m = re.fullmatch(r"([a-z_:]+)(?:\{([a-z_]+)=\"([a-z0-9_.]+)\"\})? ([0-9]+(?:\.[0-9]+)?)", line)
        check(m and m[1] == current and m[1] in kinds, "a value of the metric just named: " + line)
        check(m[2] in (None, "reason", "version"), "no label but these: " + line)
        values = out.setdefault(m[1], {})
        check(m[3] not in values, "each once: " + line)
        values[m[3]] = float(m[4])
    check(set(out) == helps == set(kinds), "HELP, TYPE and values for each")
    return {k[len("parlour_relay_"):]: v for k, v in out.items()}


def metrics(relay):
    status, kind, body = get(relay, "/metrics")
    check(status == 200 and kind.startswith("text/plain; version=0.0.4"), "metrics are served: %s %s" % (status, kind))
    return parse(body)


def log(relay):
    with open(relay.p.log, "rb") as f:
        return f.read()


def peer_certificate(relay):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((relay.listen, relay.control), 5) as k, c.wrap_socket(k) as t:
        return t.getpeercert(True)


def make_certificate(name):
    cert, key = (os.path.join(WORK, name + end) for end in (".crt", ".key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=" + name, "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    return cert, key


def refused(args, code=78):
    p = subprocess.run([os.path.join(BUILD, "parlour-relay"), "--listen", "127.0.0.1", "--control-port", "0",
                        "--media-port", "0", "--admin", "none", *args], capture_output=True, text=True, timeout=20 * SLOW)
    check(p.returncode == code, "exit %d instead of %d for %s: %s" % (p.returncode, code, args, p.stderr))
    said = [line for line in p.stderr.split("\n") if line and not line.startswith("time=")]
    check(len(said) == 1 and said[0].endswith("."), "one sentence: %r" % p.stderr)
    return said[0]


# ---- watched ----

first, second = make_certificate("first"), make_certificate("second")
cert, key = os.path.join(WORK, "live.crt"), os.path.join(WORK, "live.key")


def install(pair):
    for source, target in zip(pair, (cert, key)):
        shutil.copy(source, target + ".new")
        os.chmod(target + ".new", 0o600)
        os.rename(target + ".new", target)


install(first)
relay = Relay(tls=True, args=["--admin", "127.0.0.1:0", "--workers", "2", "--advertise", "relay.example:4242", "--drain",
                              "60", "--tls-cert", cert, "--tls-key", key])
answer = get(relay, "/healthz")
check(answer == (200, "text/plain; charset=utf-8", "ok\n"), "healthy: %s" % (answer,))
check(get(relay, "/")[0] == 404 and get(relay, "/metrics", "POST")[0] == 405, "nothing else is there")
before = metrics(relay)
check(before["build_info"]["0.1.0"] == 1 and before["workers"][None] == 2, "what it is")
check(abs(before["start_time_seconds"][None] - time.time()) < 60 * SLOW, "since when")

NAME = "Annabella"
ann = hello(relay, "Ann")
create(ann)
room_a = ann.until("room")
check(room_a["media"] == "relay.example:4242" if "media" in room_a else
      (room_a["media_host"], room_a["media_port"]) == ("relay.example", 4242), "the advertised address is told")
bob = hello(relay, "Bob")
room_b = join(bob, room_a["code"])
eve = hello(relay, "Eve")
eve.send(type="join", request=2, code="%06d" % ((int(room_a["code"]) + 1) % 1000000), **signed_key("Eve"))
eve.until("error")
a, b = Member(relay, room_a), Member(relay, room_b)
a.handshake()
b.handshake()
check(b.hears(a.send_media()), "sound flows")
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stranger.connect(("127.0.0.1", relay.media))
for i in range(50):
    stranger.send(a.head(4, number=i) + bytes(100))


def counted():
    m = metrics(relay)
    dropped = sum(m["datagrams_dropped_total"].values())
    return m["members"][None] == 2 and m["rooms"][None] == 1 and m["media_members"][None] == 2 and \
        m["connections"][None] == 3 and m["wrong_codes_total"][None] == 1 and dropped >= 40 and \
        m["datagrams_sent_total"][None] > before["datagrams_sent_total"][None]


wait_for(counted, "the figures of a call of two, a wrong code and a stranger", 5)
text = get(relay, "/metrics")[2]
for secret in ("Ann", room_a["code"], str(room_a["room"]), "relay.example"):
    check(not re.search(r"\b%s\b" % secret, text), "no figure names " + secret)
passed("health and metrics")

# ---- what it may still do ----

with open("/proc/%d/status" % relay.p.pid) as f:
    status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
check(status["NoNewPrivs"] == "1", "no new privileges")
if SLOW == 1:  # the sanitizers need what seccomp forbids
    check(status["Seccomp"] == "2" and int(status["Seccomp_filters"]) >= 1, "seccomp filters")
    check(b"seccomp=1" in log(relay), "the log tells")
    for task in os.listdir("/proc/%d/task" % relay.p.pid):
        with open("/proc/%d/task/%s/status" % (relay.p.pid, task)) as f:
            check("Seccomp:\t2" in f.read(), "every thread is in it")
with open("/proc/%d/limits" % relay.p.pid) as f:
    check(re.search(r"Max core file size +0 +0 ", f.read()), "no core dumps")
loose = Relay(name="loose", args=["--no-sandbox"])
with open("/proc/%d/status" % loose.p.pid) as f:
    check("Seccomp:\t0" in f.read(), "--no-sandbox leaves it out")
loose.kill()
passed("the sandbox")

# ---- another certificate ----

old = peer_certificate(relay)
install(second)
relay.p.send_signal(signal.SIGHUP)
wait_for(lambda: peer_certificate(relay) != old, "new connections see the new certificate", 5)
new = peer_certificate(relay)
check(ssl.PEM_cert_to_DER_cert(open(second[0]).read()) == new, "it is the one installed")
check(b.hears(a.send_media()), "media flows on")
ann.send(type="join", request=9, code="000000", **signed_key("Ann"), token=b64(TOKEN))
ann.until("error")
check(metrics(relay)["certificate_reloads_total"][None] == 1, "it is counted")


def stays(text):
    n = log(relay).count(b"the certificate stays as it was")
    relay.p.send_signal(signal.SIGHUP)
    wait_for(lambda: log(relay).count(b"the certificate stays as it was") == n + 1, text, 5)
    check(peer_certificate(relay) == new, text + ": the old one stays")


shutil.copy(first[1], key)
stays("a key that does not fit is refused")
with open(cert, "w") as f:
    f.write("-----BEGIN CERTIFICATE-----\nbroken\n")
stays("a broken certificate is refused")
install(second)
os.chmod(key, 0o640)
stays("a key open to others is refused")
os.chmod(key, 0o600)
os.unlink(cert)
stays("a missing certificate is refused")
check(b.hears(a.send_media()), "media flows on after all that")
passed("SIGHUP")

# ---- other limits ----

config = os.path.join(WORK, "limits.conf")


def limits(text):
    with open(config, "w") as f:
        f.write(text)


def started(relay, name):
    w = hello(relay, name)
    create(w)
    m = w.recv()
    return w, m


limits("max-rooms = 2\nmax-members = 3\n")
small = Relay(name="small", args=["--config", config])
one, two = started(small, "One"), started(small, "Two")
check(one[1]["type"] == two[1]["type"] == "room", "two rooms")
check(started(small, "Three")[1]["code"] == "full", "a third is one too many")
limits("max-rooms = 2\nmax-members = 2\n")
small.p.send_signal(signal.SIGHUP)
wait_for(lambda: b"msg=reloaded" in log(small), "the limits are read again", 5)
late = hello(small, "Late")
check(join(late, one[1]["code"])["code"] == "full", "nobody more than the new limit allows")
limits("max-rooms = 2\nmax-members = many\n")
small.p.send_signal(signal.SIGHUP)
wait_for(lambda: b"cannot be read again" in log(small), "unusable options change nothing", 5)
limits("max-rooms = 2\nmax-members = 3\n")
small.p.send_signal(signal.SIGHUP)
wait_for(lambda: join(late, one[1]["code"])["type"] == "room", "one more fits again", 5, every=0.3)
small.kill()
passed("limits on SIGHUP")

# ---- the end ----

relay.p.terminate()
wait_for(lambda: metrics(relay)["draining"][None] == 1, "it drains", 5)
for who, m in (("Ann", a), ("Bob", b)):
    m.k.settimeout(5 * SLOW)
    while True:
        d = m.k.recv(2000)
        if d[0] == 8 and d[20] == 6:
            check(d[21] == 3, "the goodbye to %s says draining" % who)
            break
w = hello(relay, "New")
create(w)
check(w.until("error")["code"] == "draining", "no new room")
ann.until("draining")
time.sleep(1)
check(relay.p.poll() is None and b.hears(a.send_media()), "those in a call talk on")
relay.p.terminate()
check(relay.p.wait(10 * SLOW) == 0, "the second one ends it now")
passed("SIGTERM")

relay = Relay(name="quick", args=["--drain", "1"])
ann = hello(relay, NAME)
create(ann)
ann.until("room")
begun = time.monotonic()
relay.p.terminate()
check(relay.p.wait(20 * SLOW) == 0 and time.monotonic() - begun > 0.9, "a drain takes the time it was given")
for number in (signal.SIGTERM, signal.SIGINT):
    empty = Relay(name="empty%d" % number, args=["--drain", "600"])
    if number == signal.SIGINT:
        w = hello(empty, "Ann")
        create(w)
        w.until("room")
    empty.p.send_signal(number)
    check(empty.p.wait(10 * SLOW) == 0, "an empty relay ends at once, and so does an interrupted one")
passed("short ends")

# ---- a service manager ----

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(os.path.join(WORK, "notify"))
manager.settimeout(10 * SLOW)
served = Relay(tls=True, name="served", args=["--drain", "1"],
               env={"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "400000"})


def told():
    return manager.recv(1000).decode().split("\n")


check(told()[0] == "READY=1", "ready is told first")
for _ in range(3):
    check(told() == ["WATCHDOG=1", ""], "the watchdog is fed")
if SLOW == 1:
    with open("/proc/%d/smaps_rollup" % served.p.pid) as f:
        pss = int(re.search(r"\nPss: +(\d+) kB", f.read())[1])
    print("idle: %d KiB PSS" % pss)
    check(pss < 10240, "idle it takes less than 10 MiB")
served.p.send_signal(signal.SIGHUP)
while (m := told())[0] == "WATCHDOG=1":
    pass
check(m[0] == "RELOADING=1" and re.fullmatch(r"MONOTONIC_USEC=\d+", m[1]), "a reload is told: %s" % m)
check(abs(int(m[1][15:]) / 1e6 - time.clock_gettime(time.CLOCK_MONOTONIC)) < 60, "with its time")
while (m := told())[0] == "WATCHDOG=1":
    pass
check(m[0] == "READY=1", "and its end")
served.p.terminate()
while (m := told())[0] == "WATCHDOG=1":
    pass
check(m[0] == "STOPPING=1" and served.p.wait(10 * SLOW) == 0, "so is the end")
passed("a service manager")

# ---- ports ----

busy = Relay(name="busy", args=["--admin", "127.0.0.1:0"])
check("admin port" in refused(["--state-dir", os.path.join(WORK, "x"), "--admin", "127.0.0.1:%d" % busy.admin], 1),
      "an admin port in use is told")
refused(["--state-dir", os.path.join(WORK, "x"), "--admin", "localhost:1"], 64)
held = socket.socket()
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    held.bind(("127.0.0.1", 5002))
    held.listen(1)
except OSError:
    pass  # somebody else's: as good
other = Relay(name="other", args=["--admin", "auto"])
check(other.admin == 0 and b"going on without" in log(other), "the default admin port in use stops nobody")
held.close()
passed("admin ports")

# ---- keys ----

state = os.path.join(WORK, "busy-state")
busy.kill()
for name in ("ticket.key", "tls.key"):
    for mode in (0o640, 0o604, 0o660):
        p = os.path.join(WORK, "keys")
        shutil.rmtree(p, ignore_errors=True)
        os.mkdir(p)
        Relay(name="keys%o%s" % (mode, name[1]), tls=True, args=["--state-dir", p]).kill()
        check(all(os.stat(os.path.join(p, f)).st_mode & 0o777 == 0o600 for f in os.listdir(p)), "all are private")
        os.chmod(os.path.join(p, name), mode)
        check("ours and private" in refused(["--state-dir", p]), "%s with mode %o is refused" % (name, mode))
    os.chmod(os.path.join(p, name), 0o600)
    if os.geteuid() == 0 and name == "ticket.key":
        os.chown(os.path.join(p, name), 12345, 12345)
        check("ours" in refused(["--state-dir", p]), "somebody else's key is refused")
os.chmod(first[1], 0o644)
check("ours and private" in refused(["--state-dir", p, "--tls-cert", first[0], "--tls-key", first[1]]),
      "--tls-key as well")
os.chmod(first[1], 0o600)
check("belong together" in refused(["--state-dir", p, "--tls-cert", first[0], "--tls-key", second[1]]), "a wrong pair")
for i in range(200 if os.environ.get("PARLOUR_FULL") else 20):
    p = os.path.join(WORK, "killed%d-state" % i)
    args = [os.path.join(BUILD, "parlour-relay"), "--listen", "127.0.0.1", "--control-port", "0", "--media-port", "0",
            "--admin", "none", "--state-dir", p]
    victim = start(args, "killed.log", stdout=subprocess.DEVNULL)
    time.sleep(i % 20 * 0.0015 * SLOW)
    victim.kill()
    victim.wait()
    whole = Relay(name="killed%d" % i, tls=True)
    check(whole.state == p, "the same state")
    fingerprint = whole.fingerprint
    whole.kill()
    if i == 0:
        os.unlink(os.path.join(p, "tls.crt"))
        whole.run()
        check(whole.fingerprint == fingerprint, "a lost certificate is made anew around the same key")
        whole.kill()
    check(set(os.listdir(p)) >= {"ticket.key", "tls.key", "tls.crt"}, "all is there")
passed("keys, and starts that are killed")

# ---- what logs may hold ----

noisy = Relay(name="noisy", args=["-v", "--admin", "127.0.0.1:0"])
host = hello(noisy, NAME)
create(host)
room = host.until("room")
for name in ("An\x1b[31m", "An\u202e", "An\u009b31m", "An\nlevel=error", "An\u2028x"):
    w = WebSocket(noisy)
    w.send(type="hello", version="1.0", name=name, identity=b64(bytes(32)))
for _ in range(5):
    k = socket.create_connection(("127.0.0.1", noisy.control))
    k.sendall(b"GET /\x1b[31m\xc2\x9b HTTP/1.1\r\nHost: \x1b]0;x\x07\r\n\r\n")
    k.close()
    k = WebSocket(noisy)
    k.frame(b"\x1b[31m{")
for i in range(20000):
    stranger.sendto(os.urandom(i % 60), ("127.0.0.1", noisy.media))
get(noisy, "/\x7f".replace("\x7f", "%1b"))
said = log(noisy) + log(relay)
check(all(c >= 0x20 and c != 0x7f or c == 0x0a for c in said), "no raw control byte in the log")
check(b"\xc2\x9b" not in said and "\u202e".encode() not in said, "nothing that steers a terminal")
check(all(len(line) <= 512 for line in said.split(b"\n")), "short lines")
quiet = log(relay)
check(quiet.count(b"\n") < 40, "few lines by default: %d" % quiet.count(b"\n"))
for secret in (room["code"], room["hop_key"], room["ticket"], room_a["code"], room_a["ticket"], "Ann"):
    check(secret.encode() not in quiet.replace(b"parlour", b""), "no secret, no name in the log")
passed("logs")
