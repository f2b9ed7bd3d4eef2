#!/usr/bin/env python3
"""Nothing on a screen is untranslated, and what is longer in another language still has room. words.py GALLERY LOCALE

Every screen of the gallery is drawn with a made-up language in which each sentence stands in brackets, has accents and is
40 % longer (assets/locale/make_pseudo.py), and in each language there is; the gallery tells what was written, and what of
it had no room."""
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# What people and boxes are called, wrote, or type: the gallery's own, in no catalogue.
DATA = re.compile(
    r"Reception, report of the long wi\w*|Amina|Diallo|Robert|Klein|Samuel|Marta|Lisbon|office|Jonas|Weber|Kenji|Leila|Priya|Grete|Zoë|Family|portal|Reception|Nora|Olu|"
    r"Grandmother in the house at the|Ward \d+|of us\b|[Aa]nd all|Meeting room|Stranger's screen|من|الطابق|الثالث|عندنا|東京本社|三階|会議室|大きいほう|"
    r"Мария|山田|太郎|健二|ليلى|Lobby, ground floor|Living room|relay\.example\.org|parlour://\S+|/dev/video0|utHv-\S+|Maximilian|"
    r"English|Deutsch|HDMI 0|ms\b|[MkK]?bit/s|[kMG]B\b")
KEYS = re.compile(r"^(Esc|Enter|Ctrl|Tab|\w{1,2})$")  # and initials
# So many sentences of the made-up language may lose their end: words on the buttons of the bar, which have their size, and
# lines of figures.
MAY_BE_CUT = 19


def draw(gallery, language, folder):
    with tempfile.TemporaryDirectory() as out:
        words = os.path.join(out, "words")
        env = dict(os.environ, GALLERY_WORDS=words, GALLERY_LANGUAGE=language, GALLERY_LOCALE=folder)
        done = subprocess.run([gallery, out, "1280x720"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=240)
        if done.returncode:
            sys.exit("the gallery failed: %s" % done.stderr.decode()[-500:])
        with open(words, encoding="utf-8") as f:
            return sorted(set(line.rstrip("\n") for line in f))


def translated(text, said):
    """True when every letter that is not data stands in brackets."""
    if text in said or KEYS.match(text):
        return True
    rest = re.sub(r"\[[^\[\]]*\]", "", text) if "[" in text else text
    while "[" in rest and rest != (rest := re.sub(r"\[[^\[\]]*\]", "", rest)):
        pass
    rest = DATA.sub("", rest)
    return not re.search(r"[^\W\d_]{2,}", rest)


def pseudo(folder):
    pot, po = os.path.join(folder, "parlour.pot"), os.path.join(folder, "qps.po")
    mo = os.path.join(folder, "qps", "LC_MESSAGES", "parlour.mo")
    os.makedirs(os.path.dirname(mo))
    subprocess.run([os.path.join(ROOT, "assets/locale/make_pot.sh"), pot], check=True)
    with open(po, "w", encoding="utf-8") as f:
        subprocess.run([sys.executable, os.path.join(ROOT, "assets/locale/make_pseudo.py"), pot], stdout=f, check=True)
    subprocess.run(["msgfmt", "--check-format", "-o", mo, po], check=True)
    return pot


def complete(pot, po):
    """What a language does not say, or says and nobody asks for."""
    bad = []
    merged = subprocess.run(["msgmerge", "--quiet", "--no-fuzzy-matching", "--no-wrap", po, pot], check=True,
                            stdout=subprocess.PIPE).stdout
    for option, why in (("--untranslated", "has no translation"), ("--only-fuzzy", "is marked as fuzzy, so it is not used"),
                        ("--only-obsolete", "is said nowhere any more")):
        left = subprocess.run(["msgattrib", option, "--no-wrap", "-"], input=merged, stdout=subprocess.PIPE, check=True)
        bad += ["%s: %s %s" % (os.path.basename(po), m, why)
                for m in re.findall(r'^(?:#~ )?msgid ("(?!").*")$', left.stdout.decode(), re.M)]
    return bad


def main():
    gallery, built = sys.argv[1:3]
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        pot = pseudo(folder)
        codes = sorted(os.listdir(built))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            made_up = pool.submit(draw, gallery, "qps", folder)
            real = {code: pool.submit(draw, gallery, code, built) for code in ["en"] + codes}
            lines = made_up.result()
            real = {code: run.result() for code, run in real.items()}
        said = set(line[2:] for line in real["en"]) & set(open_data())
        bad += ["not translated: %s" % line[2:] for line in lines if not translated(line[2:], said)]
        cut = [line[2:] for line in lines if line[0] == "-" and line[2:3] == "["]
        if len(cut) > MAY_BE_CUT:
            bad += ["no room for: %s" % c for c in cut]
        if sum("[" in line for line in lines) < 150:
            bad.append("the made-up language was hardly seen: %d lines" % len(lines))
        for code in codes:
            bad += complete(pot, os.path.join(ROOT, "assets/locale", code + ".po"))
        for code in real:
            bad += ["%s has no room for: %s" % (code, line[2:]) for line in real[code]
                    if line[0] == "-" and not DATA.search(line)]
    print("\n".join(bad))
    sys.exit(1 if bad else 0)


def open_data():
    """What the gallery writes into the call itself: whole sentences in its sources."""
    for name in os.listdir(os.path.join(ROOT, "tests/fake")):
        with open(os.path.join(ROOT, "tests/fake", name), encoding="utf-8") as f:
            for text in re.findall(r'"((?:[^"\\]|\\.)*)"', f.read()):
                yield text


if __name__ == "__main__":
    main()
