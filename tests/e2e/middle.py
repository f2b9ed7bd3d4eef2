"""The whole man in the middle: towards the one inside he is the newcomer, towards the newcomer the one inside, each time under
an identity and a join key of his own. What he can open he opens, changes and seals again. Who joins by the number alone has
nothing against it but comparing; an invite key or a passphrase stops him."""
from hostile import *

DOOR_PROOF, DOOR_GRANT = 2, 4


class Middle(Attack):
    """`cheat`: what he makes of a comparison: None = passed on, "own" = he compares with each side, "grind" = and looks for a
    number that fits once he has seen all the others'."""

    def __init__(self, inside, newcomer, cheat=None):
        self.inside, self.newcomer, self.cheat = inside, newcomer, cheat
        self.as_newcomer, self.as_inside = Person(newcomer), Person(inside)
        self.invite_key, self.share = None, b""
        self.bases = {True: {}, False: {}}  # of the newcomer, of the one inside: number -> base
        self.sent = {True: 0, False: 0}  # boxes, by the direction
        self.read, self.translated, self.refused, self.compared = [], 0, 0, {}

    # ---- who is who ----

    def on_control_up(self, leg, m):
        if leg.name != self.newcomer:
            return m
        mine = dict(key=b64(self.as_newcomer.key), signature=b64(self.as_newcomer.statement())) if m.get("key") else {}
        if m["type"] == "hello":
            return dict(m, identity=b64(self.as_newcomer.identity), **mine)
        if m["type"] == "join":
            self.share = unb64(m["door"])[1:] if "door" in m else b""
            return dict({k: v for k, v in m.items() if k not in ("proof", "descriptor")}, **mine)
        if m["type"] == "box":
            return dict(m, boxes=[x for b in m["boxes"] for x in self.translate(leg, b, leg.id, True)])
        return m

    def on_control_down(self, leg, m):
        if leg.name != self.newcomer:
            return m
        kind = m["type"]
        if kind == "room":
            return dict(m, members=[self.swapped(e) for e in m["members"]])
        if kind == "joined":
            return self.swapped(m)
        if kind == "room-state":
            return json.loads(self.replaced(leg, json.dumps(m), False))
        if kind == "descriptor":
            return None
        if kind == "door":
            return dict(m, data=b64(self.door(leg, unb64(m["data"]))))
        if kind == "box":
            return self.translate(leg, m, m["from"], False)
        return m

    def swapped(self, e):
        if e["name"] != self.inside:
            return e
        self.as_inside.join = int(e["join"], 16)
        return dict(e, identity=b64(self.as_inside.identity), key=b64(self.as_inside.key), signature=b64(self.as_inside.statement()))

    def sides(self, leg):
        """The one inside, the newcomer: as they are."""
        self.as_newcomer.join = leg.me.join
        return leg.relay.leg(self.inside).me, leg.me

    def replaced(self, leg, text, up):
        """Keys that are named in a text, as who gets it knows them."""
        ann, bob = self.sides(leg)
        for a, b in ((ann.identity, self.as_inside.identity), (ann.key, self.as_inside.key),
                     (self.as_newcomer.identity, bob.identity), (self.as_newcomer.key, bob.key)):
            text = text.replace(b64(b), b64(a)) if up else text.replace(b64(a), b64(b))
        return text

    def door(self, leg, data):
        """What the host says to the newcomer at the door, as if he were that host."""
        ann, bob = self.sides(leg)
        if data[0] == DOOR_GRANT:
            opened = self.as_newcomer.open_grant(ann, leg.code, data)
            self.invite_key = opened[0] if opened else os.urandom(16)
            return self.as_inside.grant(bob, leg.code, self.invite_key)
        if data[0] == DOOR_PROOF:
            said = leg.code.to_bytes(3, "big") + bob.identity + bob.key + self.as_inside.key + self.share + data[65:97]
            return data[:1] + self.as_inside.identity + self.as_inside.key + data[65:129] + \
                sign("parlour door 1", said, self.as_inside.secret)
        return data

    # ---- boxes ----

    def translate(self, leg, b, frm, up):
        """Open what came from one side, and seal it for the other; as it was, when it does not open."""
        ann, bob = self.sides(leg)
        to, raw, key = b.get("to", leg.id), unb64(b["data"]), self.invite_key or bytes(16)
        here = self.as_inside.pair(bob, leg.room, key) if up else self.as_newcomer.pair(ann, leg.room, key)
        base = self.bases[up].get(raw[0])
        got = box_open(here[0], leg.room, frm, to, b["data"]) if to else \
            base and box_open(message_key(base), leg.room, frm, 0, b["data"], True)
        if not got:
            self.refused += 1
            return [b]
        self.translated += 1
        clear = got[1]
        if clear[0] in (1, 4):
            self.bases[up][clear[1]] = clear[2:34]
        if clear[0] == 5:
            self.bases[up][clear[1]] = kdf(base, "ratchet")
        if clear[0] != 6:
            return [dict(b, data=self.seal(leg, frm, to, up, clear, raw[0]))]
        text = self.replaced(leg, clear[65:].decode().rstrip(), up)
        self.read.append(text)
        o = json.loads(text)
        if self.cheat and o.get("kind") == "compare":
            self.compare(leg, o, up)
            return []
        return [dict(b, data=self.seal(leg, frm, to, up, text, raw[0]))]

    def seal(self, leg, frm, to, up, clear, number=0):
        """To the one inside (up) or to the newcomer, as the other. Text is signed."""
        ann, bob = self.sides(leg)
        mine, them = (self.as_newcomer, ann) if up else (self.as_inside, bob)
        self.sent[up] += 1
        n = self.sent[up]
        if isinstance(clear, str):
            clear = signed_text(mine, leg.room, frm, to, n, clear)
        if to:
            return box_seal(mine.pair(them, leg.room, self.invite_key or bytes(16))[1], leg.room, frm, to, n, clear)
        return box_seal(message_key(self.bases[up][number]), leg.room, frm, 0, n, clear, number)

    # ---- comparing: the one inside has begun ----

    def tell(self, leg, up, **step):
        inside = leg.relay.leg(self.inside).id
        frm, to = (leg.id, inside) if up else (inside, leg.id)
        data = self.seal(leg, frm, to, up, json.dumps(dict(kind="compare", **step)))
        if up:
            leg.say({"type": "box", "boxes": [{"to": to, "data": data}]})
        else:
            leg.send({"type": "box", "from": frm, "to": to, "data": data})

    def compare(self, leg, o, up):
        ann, bob = self.sides(leg)
        x, step = self.compared, o["step"]
        hash = lambda label, *parts: hashlib.blake2b(label + b"".join(parts), digest_size=32)
        if step == 0:
            self.tell(leg, up, step=0)
        elif not up and step == 1:
            x.update(mine=os.urandom(32), answer=os.urandom(32))
            self.tell(leg, True, step=2, commit=o["commit"], nonce=b64(x["answer"]))
            x["commit"] = hash(b"parlour commit 1", self.as_inside.identity, self.as_inside.key, x["mine"]).digest()
            self.tell(leg, False, step=1, commit=b64(x["commit"]))
        elif not up and step == 3:
            x["ann"] = unb64(o["nonce"])
        elif up and step == 2:
            x["bob"] = unb64(o["nonce"])
        if "ann" not in x or "bob" not in x:
            return
        room = struct.pack(">I", leg.room)
        number = lambda h: int.from_bytes(h.digest()[:8], "big") % 1000000
        x["number"] = number(hash(b"parlour compare 1", room, ann.identity, ann.key, self.as_newcomer.identity, self.as_newcomer.key,
                                  x.pop("ann"), x["answer"]))
        reveal, bobs = x["mine"], x.pop("bob")
        head = hash(b"parlour compare 1", room, self.as_inside.identity, self.as_inside.key, bob.identity, bob.key)
        for i in range(8000000 if self.cheat == "grind" else 0):
            h = head.copy()
            h.update(i.to_bytes(32, "big") + bobs)
            if number(h) == x["number"]:
                reveal = i.to_bytes(32, "big")
                x["found"] = True
                break
        self.tell(leg, False, step=3, nonce=b64(reveal))
