#!/usr/bin/env python3
"""Which keys of a relay a client takes: the trust store, first contact, pins and given fingerprints, against a CA made
here. SSL_CERT_FILE makes it the system's store for the clients."""
from kit import *

ROOM = os.path.join(WORK, "pki")
os.mkdir(ROOM)


def at(name):
    return os.path.join(ROOM, name)


def openssl(*args):
    r = subprocess.run(["openssl"] + list(args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       cwd=ROOM)
    check(r.returncode == 0, "openssl %s: %s" % (args, r.stdout))


def key(name):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key")
    os.chmod(at(name + ".key"), 0o600)


def authority(name):
    key(name)
    openssl("req", "-x509", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-days", "30", "-out", name + ".crt")


def certificate(name, names, ca="ca", expired=False, of=None):
    """NAME.crt for these subject alternative names; ca None = self-signed; of = the key's name."""
    of = of or name
    if not os.path.exists(at(of + ".key")):
        key(of)
    with open(at(name + ".ext"), "w") as f:
        f.write("subjectAltName=%s\nextendedKeyUsage=serverAuth\n" % names)
    openssl("req", "-new", "-key", of + ".key", "-subj", "/CN=relay", "-out", name + ".csr")
    dates = ["-days", "-1"] if expired else ["-days", "30"]
    signer = ["-CA", ca + ".crt", "-CAkey", ca + ".key", "-CAcreateserial"] if ca else ["-signkey", of + ".key"]
    openssl("x509", "-req", "-in", name + ".csr", "-extfile", name + ".ext", "-out", name + ".crt", *dates, *signer)
    return name, of


authority("ca")
authority("stranger")
HERE = "DNS:localhost,IP:127.0.0.1"
VALID = certificate("valid", HERE)
RENEWED = certificate("renewed", HERE)
BY_ADDRESS = certificate("address", "IP:127.0.0.1")
EXPIRED = certificate("expired", HERE, expired=True)
EXPIRED_LATER = certificate("expired-later", HERE, expired=True, of="valid")
OTHER_NAME = certificate("other-name", "DNS:calls.example.org,DNS:*.localhost,IP:127.0.0.2")
SELF = certificate("self", HERE, ca=None)
NOT_OURS = certificate("not-ours", HERE, ca="stranger")


class Place:
    """One host:port whose certificate changes."""

    def __init__(self, name):
        self.name, self.relay = name, None

    def shows(self, cert):
        if self.relay:
            self.relay.p.terminate()
            self.relay.p.wait()
        args = ["--tls-cert", at(cert[0] + ".crt"), "--tls-key", at(cert[1] + ".key")]
        if self.relay:
            self.relay.args = args
            self.relay.run()
        else:
            self.relay = Relay(tls=True, name=self.name, args=args)
        return self.relay.fingerprint


class Met:
    """What one person's client says of a place: it has one data directory, and so one memory."""

    def __init__(self, place, host="localhost", trusted=True, by=None):
        self.by = by  # an invite link
        self.place, self.host, self.trusted = place, host, trusted
        self.data = os.path.join(WORK, "%s-%d" % (place.name, len(os.listdir(WORK))))
        os.mkdir(self.data)
        self.read = 0
        self.where = "%s:%d" % (host, place.relay.control)

    def begin(self, *args):
        store = at("ca.crt") if self.trusted else "/dev/null"
        env = dict(os.environ, XDG_CONFIG_HOME=os.path.join(WORK, "config"), SSL_CERT_FILE=store, SSL_CERT_DIR="/nonexistent")
        env.pop("DISPLAY", None)
        self.p = start([os.path.join(BUILD, "parlour"), "--headless", "--camera", "none", "--microphone", "none", "--speaker", "none",
                        "--connect-timeout", "30", "--data-dir", self.data, "--ipc", os.path.join(self.data, "s")] + ([] if self.by else ["--relay", self.where]) + list(args),
                       "%s.log" % os.path.basename(self.data), stdout=open(os.path.join(self.data, "out"), "wb"), env=env)

    def said(self):
        with open(self.p.log) as f:
            return f.read()[self.read:]

    def connected(self, times=1):
        wait_for(lambda: self.p.poll() is not None or self.said().count("connected relay=") >= times, "the client reaches " + self.where)

    def ends(self, code):
        try:
            ended = self.p.wait(20 * SLOW)
        except subprocess.TimeoutExpired:
            fail("the client does not end")
        text = self.said()
        self.read += len(text)
        check(ended == code and (code or "connected relay=" in text),
              "%s: exit code %d instead of %d: %s" % (self.where, ended, code, text))
        return text

    def goes(self, code, *args):
        """Go there and, when it is let stand (exit code 0), end. Returns what was printed."""
        self.begin(*args)
        if code == 0:
            self.connected()
            self.p.terminate()
        return self.ends(code)

    def invite(self, *args):
        self.begin("--create", *args)

        def read():
            with open(os.path.join(self.data, "out")) as f:
                return re.search(r"invite (\S+)\n", f.read())
        link = wait_for(read, "an invite")[1]
        self.p.terminate()
        self.ends(0)
        return link

    def remembers(self, what):
        path = os.path.join(self.data, "relays")
        text = open(path).read() if os.path.exists(path) else ""
        wanted = "%s %s\n" % (self.where, what) if what else ""
        check(text == wanted, "the file of relays says %r instead of %r" % (text, wanted))


def silent(text):
    check("trusted from now on" not in text and "WARN" not in text.upper(), "a warning: " + text)


def one_warning(text):
    check(text.count("first contact, this key is trusted from now on") == 1, "not one warning: " + text)


def log_line(text):
    return [l for l in text.splitlines() if "nothing was sent" in l]


# Publicly trusted: no word, no pin of the key, and another key under the same trust is fine.
place = Place("public")
first = place.shows(VALID)
met = Met(place)
silent(met.goes(0))
met.remembers("public")
link = met.invite()
check("&fp=public" in link, "an invite names a key that will change: " + link)
check(place.shows(RENEWED) != first, "the key has not changed")
silent(met.goes(0))
met.remembers("public")
by_address = Met(place, "127.0.0.1")
silent(by_address.goes(0))
by_address.remembers("public")
passed("a publicly trusted relay is met in silence, and may change its key")

# Who comes by such an invite meets no impostor at first sight either; a fingerprint in it decides alone.
place.shows(SELF)
guest = Met(place, by=link)
check("expected public" in guest.goes(3, link), "a guest's first contact was with an impostor")
guest.remembers("")
check("that its certificate is public is not enough" in guest.goes(3, link, "--require-fingerprint"), "a word is no fingerprint")
shown = place.shows(VALID)
silent(guest.goes(0, link))
guest.remembers("public")
guest = Met(place, trusted=False, by=link)
check("expected public" in guest.goes(3, link), "trusted by nobody here")
guest = Met(place, trusted=False, by=link)
silent(guest.goes(0, link.replace("fp=public", "fp=" + shown)))
guest.remembers("")
passed("an invite to a publicly trusted relay says so")

# What was public and is not any more stops, whatever is wrong with it.
for cert, why in ((SELF, "self-signed"), (EXPIRED, "expired"), (OTHER_NAME, "ostname"), (NOT_OURS, "issuer")):
    shown = place.shows(cert)
    text = met.goes(3)
    check("expected public, found " + shown in text and why in text, "%s: says: %s" % (cert, text))
    check(len(log_line(text)) == 1 and shown in log_line(text)[0], "%s: the log says: %s" % (cert, text))
    met.remembers("public")
# The given fingerprint wins: the person knows the key.
silent(met.goes(0, "--relay-fingerprint", shown))
check("expected public" in met.goes(3), "a given fingerprint holds for its run only")
place.shows(VALID)
silent(met.goes(0))
# The same while it runs: the relay comes back with another certificate.
met.begin()
met.connected()
place.shows(RENEWED)
met.connected(2)
shown = place.shows(SELF)
check("expected public, found " + shown in met.ends(3), "it stops when the relay comes back as another")
passed("what was publicly trusted must stay so")

# What the trust store does not accept is met like any self-signed key: one warning, pinned.
for cert in (EXPIRED, OTHER_NAME, SELF, NOT_OURS):
    shown = place.shows(cert)
    met = Met(place)
    one_warning(met.goes(0))
    met.remembers(shown)
    silent(met.goes(0))
check("&fp=" + shown in met.invite(), "the invite has not the pinned key")
shown = place.shows(VALID)
met = Met(place, trusted=False)
one_warning(met.goes(0))
met.remembers(shown)
name_only = place.shows(BY_ADDRESS)
met = Met(place)  # it is no certificate for localhost
one_warning(met.goes(0))
met.remembers(name_only)
passed("first contact with a relay nobody vouches for: one warning, pinned")

# A pin outranks the trust store both ways, and an expired certificate around the pinned key is fine.
shown = place.shows(VALID)
met = Met(place, trusted=False)
met.goes(0)
met.remembers(shown)
check(place.shows(EXPIRED_LATER) == shown, "the same key")
silent(met.goes(0))
met.trusted = True
for cert in (RENEWED, SELF):
    other = place.shows(cert)
    text = met.goes(3)
    check("expected %s, found %s" % (shown, other) in text, "the sentence shows not both fingerprints: " + text)
    lines = log_line(text)
    check(len(lines) == 1 and shown in lines[0] and other in lines[0], "the log shows not both fingerprints: " + text)
    met.remembers(shown)
passed("a changed key stops with both fingerprints, publicly trusted or not")

# A given fingerprint outranks the trust store, and --require-fingerprint takes nothing less than a fingerprint.
shown = place.shows(VALID)
met = Met(place)
text = met.goes(3, "--relay-fingerprint", other)
check("expected %s, found %s" % (other, shown) in text, text)
met.remembers("")
text = met.goes(3, "--require-fingerprint")
check("--relay-fingerprint " + shown in text, "the sentence does not help: " + text)
met.remembers("")
silent(met.goes(0, "--require-fingerprint", "--relay-fingerprint", shown))
met.remembers("")
check("&fp=" + shown in met.invite("--relay-fingerprint", shown), "the invite has not the key that was given")
met.remembers("")
silent(met.goes(0))
met.remembers("public")
text = met.goes(3, "--require-fingerprint")
check("--relay-fingerprint " + shown in text, "the sentence does not help: " + text)
met = Met(place, trusted=False)
met.goes(0)
met.remembers(shown)
silent(met.goes(0, "--require-fingerprint"))
check(place.shows(EXPIRED_LATER) == shown, "the same key")
silent(met.goes(0, "--require-fingerprint", "--relay-fingerprint", shown))
passed("a given fingerprint decides, and can be required")
