#!/usr/bin/env python3
"""An invite may lead to another relay than one's own; a room started afterwards is on one's own again."""
from kit import *

mine, theirs = Relay(name="mine"), Relay(name="theirs")
host = Client("Host", theirs, create=True)
guest = Client("Guest", mine)
guest.ask("join", host.invite())
wait_for(lambda: len(guest.others()) == 1 and guest.sees(1), "the guest is on the other relay", 10)
guest.ask("leave")
wait_for(lambda: not host.others(), "the guest has left", 5)
guest.ask("create")
wait_for(lambda: len(guest.members()) == 1, "a room of one's own", 10)
guest.ask("leave")
theirs.kill()
guest.ask("create")
wait_for(lambda: len(guest.members()) == 1, "it does not need the other relay", 10)
guest.quit()
passed("two relays")
