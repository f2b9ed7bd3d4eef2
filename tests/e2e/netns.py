"""Networks of a test's own: namespaces for hosts, joined by a switch; addresses that change, NAT, blocked ports.

    net = netns.Network()                 # 10.77.0.0/24, nothing of the machine's own network in it
    a = net.host("a")                     # 10.77.0.2, the next one .3, ...
    relay = Relay(host=a)                 # kit.py starts relays and clients inside; IPC is a Unix socket and reaches in
    nat = net.nat("nat")                  # another network behind it, its hosts leave with nat.address
    b = nat.inside.host("b")
    with b.entered(): s = socket.socket(...)   # stays in b's network afterwards

Namespaces are named after this process and deleted when it ends, however it ends; those of a killed one are deleted by the
next. `require()` ends the test with a sentence where the kernel does not let us make any."""
import atexit
import contextlib
import ctypes
import os
import re
import subprocess
import sys

PREFIX = "parlour-test-"
_libc = ctypes.CDLL(None, use_errno=True)
_names = []
CLONE_NEWNET = 0x40000000


class Refused(RuntimeError):
    pass


def run(*args, check=True):
    p = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and p.returncode:
        raise Refused("%s: %s" % (" ".join(args), p.stdout.strip()))
    return p.stdout


def _alive(pid):
    return os.path.exists("/proc/%d" % pid)


def _sweep():
    """What killed tests left behind."""
    for line in run("ip", "netns", "list", check=False).splitlines():
        m = re.match(PREFIX + r"(\d+)-", line)
        if m and not _alive(int(m[1])):
            run("ip", "netns", "delete", line.split()[0], check=False)


def _delete_all():
    while _names:
        run("ip", "netns", "delete", _names.pop(), check=False)


def require():
    """Ends the test with 77, as one that has nothing to say here, where namespaces cannot be had."""
    try:
        _sweep()
        name = _new_namespace("probe")
        run("ip", "netns", "exec", name, "iptables", "-w", "-L", "-n")
        run("ip", "netns", "delete", name)
        _names.remove(name)
    except (Refused, FileNotFoundError) as e:
        print("SKIP: no network namespaces here:", e)
        sys.exit(77)


def _new_namespace(name):
    full = "%s%d-%s" % (PREFIX, os.getpid(), name)
    run("ip", "netns", "add", full)
    if not _names:
        atexit.register(_delete_all)
    _names.append(full)
    return full


class Host:
    """One machine: a namespace with loopback, and a link to each network it was plugged into."""

    def __init__(self, name):
        self.name, self.ns, self.links, self.address = name, _new_namespace(name), [], None
        self.ip("link", "set", "lo", "up")
        # So that the address that was there second stays when the first one goes.
        self.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/all/promote_secondaries")

    def command(self, args):
        return ["ip", "netns", "exec", self.ns] + list(args)

    def run(self, *args, check=True):
        return run(*self.command(args), check=check)

    def ip(self, *args):
        return run("ip", "-n", self.ns, *args)

    def iptables(self, *args):
        return self.run("iptables", "-w", *args)

    @contextlib.contextmanager
    def entered(self):
        """This thread is in the host's network; sockets made meanwhile stay there."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open("/run/netns/" + self.ns, os.O_RDONLY)
        try:
            if _libc.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            yield
        finally:
            _libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)

    def plug(self, network, address):
        link = "eth%d" % len(self.links)
        network.attach(self, link)
        self.ip("address", "add", address + "/24", "dev", link)
        self.ip("link", "set", link, "up")
        self.links.append(link)
        # A question for an address that is lost while the switch wakes up is asked again at once, not after a second.
        self.run("sh", "-c", "echo 50 >/proc/sys/net/ipv4/neigh/%s/retrans_time_ms" % link)
        if not self.address:
            self.address = address
        return link

    def route(self, gateway):
        self.ip("route", "replace", "default", "via", gateway)

    def readdress(self, new, link="eth0"):
        """Another address in the same network: the old one is gone, as on a phone that changed networks."""
        old, self.address = self.address, new
        self.ip("address", "add", new + "/24", "dev", link)
        self.ip("address", "delete", old + "/24", "dev", link)

    def pull(self, link="eth0"):
        """Pull the cable; `plug_in` puts it back."""
        self.ip("link", "set", link, "down")

    def plug_in(self, link="eth0"):
        self.ip("link", "set", link, "up")

    def block_udp(self, on=True):
        """What a strict firewall does: UDP vanishes, without an error, both ways."""
        for chain in ("INPUT", "FORWARD"):  # not OUTPUT: there sending would fail with EPERM
            self.iptables("-A" if on else "-D", chain, "-p", "udp", "-j", "DROP")


class Network:
    """One switch, 10.X.0.0/24. Names of hosts are those of the whole test."""

    _count = 0

    def __init__(self, subnet=None):
        Network._count += 1
        self.subnet = subnet or "10.%d.0" % (76 + Network._count)
        self.switch = _new_namespace("switch%d" % Network._count)
        self.ports = 0
        self.next = 2
        run("ip", "-n", self.switch, "link", "add", "br0", "type", "bridge", "forward_delay", "0", "stp_state", "0")
        run("ip", "-n", self.switch, "link", "set", "br0", "up")

    def attach(self, host, link):
        port = "p%d" % self.ports
        self.ports += 1
        run("ip", "link", "add", link, "netns", host.ns, "type", "veth", "peer", "name", port, "netns", self.switch)
        run("ip", "-n", self.switch, "link", "set", port, "master", "br0", "up")

    def free_address(self):
        self.next += 1
        return "%s.%d" % (self.subnet, self.next - 1)

    def host(self, name, address=None):
        h = Host(name)
        h.plug(self, address or self.free_address())
        h.network = self
        return h

    def nat(self, name):
        return Nat(name, self)


class Nat(Host):
    """A home router: `inside` is a network whose hosts leave through it under its own address."""

    def __init__(self, name, outside):
        super().__init__(name)
        self.network, self.inside = outside, Network()
        self.plug(outside, outside.free_address())
        self.plug(self.inside, self.inside.subnet + ".1")
        self.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.ports = None
        self.iptables("-t", "nat", "-A", "POSTROUTING", "-o", "eth0", "-j", "MASQUERADE")

    def host(self, name):
        """A host behind it."""
        h = self.inside.host(name)
        h.route(self.inside.subnet + ".1")
        return h

    def rebind(self, first, last):
        """Forget every mapping and use these ports from now on: what a restarted or forgetful router does."""
        self.iptables("-t", "nat", "-F", "POSTROUTING")
        for protocol in ("udp", "tcp"):
            self.iptables("-t", "nat", "-A", "POSTROUTING", "-o", "eth0", "-p", protocol, "-j", "MASQUERADE", "--to-ports",
                          "%d-%d" % (first, last))
        self.run("conntrack", "-F", check=False)
