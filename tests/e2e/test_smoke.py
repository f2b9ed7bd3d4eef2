#!/usr/bin/env python3
"""Two people over TLS: they see, hear and read each other, and both ends end well. Also run under the sanitizers."""
from kit import *

relay = Relay(tls=True)
a = Client("Amina", relay, "--time-limit", "120", create=True, microphone="tone:440",
           speaker="file:" + os.path.join(WORK, "a.wav"))
invite = a.invite()
check("fp=" in invite and relay.fingerprint in invite, "the invite carries the relay's fingerprint: " + invite.split("#")[0])
b = Client("Robert", relay, invite=invite, microphone="tone:700", speaker="file:" + os.path.join(WORK, "b.wav"))
wait_for(lambda: len(a.others()) == 1 and len(b.others()) == 1, "both in the room")
wait_for(lambda: a.sees(1) and b.sees(1), "both see each other", 15)
b.ask("chat", "Grüß dich 😊 你好")
wait_for(lambda: [l["text"] for l in a.ask("chat-log")] == ["Grüß dich 😊 你好"], "the chat arrives")
time.sleep(2.5)
b.ask("key", "c")
b.ask("screenshot", os.path.join(WORK, "b.png"))
check(open(os.path.join(WORK, "b.png"), "rb").read(8) == b"\x89PNG\r\n\x1a\n", "the screenshot is a PNG")
check(a.ask("stats")["call"]["rtt_ms"] >= 0, "the round trip is measured")
own, other = tones(os.path.join(WORK, "a.wav"), [440, 700], 1.5)
check(other > 0.05 and own < other / 10, "Amina hears Robert and not herself: own %.3f other %.3f" % (own, other))
b.quit()
wait_for(lambda: not a.others(), "Robert has left", 5)
a.quit()
relay.p.terminate()
check(relay.p.wait(10) == 0, "the relay ends well")
passed("two people over TLS")
