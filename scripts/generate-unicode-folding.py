#!/usr/bin/env python3
"""Writes Plugins/TextFolding/UnicodeFoldingData.swift from Python's own Unicode database.

Two foldings, each a map from one scalar to a sequence of scalars:

* form: NFKD, then everything that is not seen is dropped (combining marks, format and control characters, variation selectors, tags,
  fillers, soft hyphen: Default_Ignorable_Code_Point), every kind of white space becomes U+0020, and letters in boxes, negative circles and
  regional indicators become letters.
* letterCase: what full case folding does to a scalar that `form` leaves alone; dotless i and j become i and j.

Hangul syllables are not listed: UnicodeFolding decomposes them by arithmetic. A third table lists the scalars that are part of a word.

    python3 scripts/generate-unicode-folding.py            writes the file
    python3 scripts/generate-unicode-folding.py --check    fails when the file is not what would be written
"""

import pathlib
import sys
import unicodedata

TARGET = pathlib.Path(__file__).resolve().parent.parent / "Plugins/TextFolding/UnicodeFoldingData.swift"
HANGUL = range(0xAC00, 0xAC00 + 11172)
SURROGATES = range(0xD800, 0xE000)

# Default_Ignorable_Code_Point (DerivedCoreProperties.txt); stable but for additions inside these blocks.
IGNORABLE = [
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]
SPACES = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0x2800}

# Letters that Unicode does not decompose: negative circled, negative squared, regional indicators.
BOXED = {first + n: 0x41 + n for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)}


def is_dropped(scalar):
    return any(low <= scalar <= high for low, high in IGNORABLE) or unicodedata.category(chr(scalar)) in ("Mn", "Me", "Cf", "Cc")


def form(scalar):
    """The scalar's sequence, independent of letter case."""
    if scalar in SPACES or unicodedata.category(chr(scalar)) in ("Zs", "Zl", "Zp"):
        return [0x20]
    if scalar in BOXED:
        return [BOXED[scalar]]
    if is_dropped(scalar):
        return []
    result = []
    for part in map(ord, unicodedata.normalize("NFKD", chr(scalar))):
        result += [part] if part == scalar else form(part)
    return result


def letter_case(scalar):
    if scalar in (0x131, 0x237):
        return [0x69 if scalar == 0x131 else 0x6A]
    folded = list(map(ord, chr(scalar).casefold()))
    if folded == [scalar]:
        return folded
    return [final for part in folded for formed in form(part) for final in letter_case(formed)]


def folded(scalar):
    return [final for part in form(scalar) for final in letter_case(part)]


def is_word(scalar):
    return any(chr(part) == "_" or unicodedata.category(chr(part))[0] in "LN" for part in form(scalar))


def scalars():
    return (scalar for scalar in range(0x110000) if scalar not in SURROGATES)


def check_fixed_points():
    """Folding twice is folding once: keywords, which are folded, meet texts, which are folded scalar by scalar."""
    for scalar in scalars():
        once = folded(scalar)
        assert [final for part in once for final in folded(part)] == once, hex(scalar)
        formed = form(scalar)
        assert [final for part in formed for final in form(part)] == formed, hex(scalar)


def digits(value):
    """Base 32, most significant digit first; '0'... ends a number, 'P'... continues it."""
    text = chr(0x30 + value % 32)
    value //= 32
    while value:
        text = chr(0x50 + value % 32) + text
        value //= 32
    return text


def signed(value):
    return digits(value * 2 if value >= 0 else -value * 2 - 1)


def encode(mapping):
    """Runs in order: gap since the last run's end, operation, operands. 0: dropped run; 1: run moved by an offset; 2: every other scalar
    moved by an offset; 3: one scalar, its sequence."""
    out, keys, at, index = "", sorted(mapping), 0, 0
    while index < len(keys):
        first, sequence = keys[index], mapping[keys[index]]

        def run(step):
            length = 1
            while mapping.get(first + length * step) is not None and (
                (sequence == [] and mapping[first + length * step] == [])
                or (len(sequence) == 1 and mapping[first + length * step] == [sequence[0] + length * step])
            ) and (step == 1 or first + length * step - 1 not in mapping):
                length += 1
            return length

        out += digits(first - at)
        ones, twos = run(1), run(2)
        if sequence == []:
            out += digits(0) + digits(ones)
            last = first + ones - 1
        elif len(sequence) == 1 and twos > ones:
            out += digits(2) + digits(twos) + signed(sequence[0] - first)
            last = first + (twos - 1) * 2
        elif len(sequence) == 1:
            out += digits(1) + digits(ones) + signed(sequence[0] - first)
            last = first + ones - 1
        else:
            out += digits(3) + digits(len(sequence))
            previous = first
            for part in sequence:
                out += signed(part - previous)
                previous = part
            last = first
        at = last + 1
        while index < len(keys) and keys[index] <= last:
            index += 1
    return out


def encode_ranges(members):
    """Pairs: gap since the last range's end, length."""
    out, at, start, previous = "", 0, None, None
    for member in members + [None]:
        if start is not None and (member is None or member != previous + 1):
            out += digits(start - at) + digits(previous - start + 1)
            at, start = previous + 1, None
        if start is None:
            start = member
        previous = member
    return out


def literal(name, documentation, text):
    width = 130
    rows = [text[i : i + width] for i in range(0, len(text), width)]
    body = "\\#\n".join("    " + row for row in rows)
    return f'  /// {documentation}\n  static let {name}: StaticString = #"""\n{body}\n    """#\n'


def generate():
    check_fixed_points()
    listed = [scalar for scalar in scalars() if scalar not in HANGUL]
    forms = {scalar: form(scalar) for scalar in listed if form(scalar) != [scalar]}
    cases = {scalar: letter_case(scalar) for scalar in listed if form(scalar) == [scalar] and letter_case(scalar) != [scalar]}
    words = [scalar for scalar in scalars() if is_word(scalar)]
    return (
        "// Written by scripts/generate-unicode-folding.py. Do not edit.\n// swift-format-ignore-file\n\n"
        f"/// Unicode {unicodedata.unidata_version} as runs of base-32 numbers; UnicodeFolding reads them.\n"
        "enum UnicodeFoldingData {\n"
        + literal("form", f"{len(forms)} scalars that have another form, whatever the letter case.", encode(forms))
        + "\n"
        + literal("letterCase", f"{len(cases)} scalars that have another letter case.", encode(cases))
        + "\n"
        + literal("words", "Ranges of scalars that are part of a word.", encode_ranges(words))
        + "}\n"
    )


if __name__ == "__main__":
    text = generate()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text() != text:
            sys.exit(f"{TARGET} is not what this script writes (Unicode {unicodedata.unidata_version})")
    else:
        TARGET.write_text(text)
