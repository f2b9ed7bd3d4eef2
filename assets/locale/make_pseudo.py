#!/usr/bin/env python3
"""A catalogue no person reads: every sentence with accents, 40 % longer, in brackets. What appears on a screen without
brackets is not translated, what loses its last bracket has no room. make_pseudo.py POT > PO"""
import re
import sys

ACCENTS = str.maketrans("aceinouyACEINOUY", "áçéíñóúýÁÇÉÍÑÓÚÝ")
# What printf replaces, and escapes, stay as they are.
KEPT = re.compile(r"(%(?:\d+\$)?[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z|j)?[a-zA-Z%]|\\u[0-9a-f]{4}|\\[a-z\"\\])")


def pseudo(text):
    parts = KEPT.split(text)
    letters = sum(len(p) for p in parts[::2])
    grown = "".join(p if i % 2 else p.translate(ACCENTS) for i, p in enumerate(parts))
    return "[" + grown + "~" * round(letters * 0.4) + "]"


def read(path):
    """Yields (msgid, msgid_plural or None, c-format)."""
    entry, where, flags = {}, None, ""
    for line in list(open(path, encoding="utf-8")) + ["\n"]:
        if line.startswith("#,"):
            flags = line
        m = re.match(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.*)"$', line)
        if m:
            where = m.group(1)
            entry[where] = m.group(2)
        elif line.startswith('"') and where:
            entry[where] += re.match(r'"(.*)"$', line).group(1)
        elif not line.strip():
            if entry.get("msgid"):
                yield entry["msgid"], entry.get("msgid_plural"), "c-format" in flags
            entry, where, flags = {}, None, ""


def main():
    print('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"')
    print('"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n')
    for one, many, is_format in read(sys.argv[1]):
        if is_format:
            print("#, c-format")
        print('msgid "%s"' % one)
        if many:
            print('msgid_plural "%s"' % many)
            print('msgstr[0] "%s"\nmsgstr[1] "%s"\n' % (pseudo(one), pseudo(many)))
        else:
            print('msgstr "%s"\n' % pseudo(one))


if __name__ == "__main__":
    main()
