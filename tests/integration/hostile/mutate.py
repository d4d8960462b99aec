"""Damage done to files, the same for the same seed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import tarfile
import warnings
import zipfile
from collections.abc import Callable

CARD = 80  # bytes of a FITS header card
NUMBERS = (b"0", b"-1", b"1", b"2", b"7", b"999", b"65536", b"2147483647", b"-2147483648", b"1e400", b"nan")
LONGEST = 300_000
"""Bytes of a file that is damaged; the damage to a longer one would rarely meet what describes it."""

Damage = Callable[[bytearray, random.Random], bytearray]


def flip(data: bytearray, chance: random.Random) -> bytearray:
    """Change single bytes, most of them near the beginning, where files describe themselves."""
    for _ in range(chance.choice((1, 3, 30))):
        place = chance.randrange(len(data) if chance.random() < 0.4 else min(len(data), 6000))
        data[place] = chance.choice((chance.randrange(256), 0, 255, data[place] ^ 1 << chance.randrange(8)))
    return data


def cut(data: bytearray, chance: random.Random) -> bytearray:
    """End early."""
    return data[: chance.randrange(len(data))]


def repeat(data: bytearray, chance: random.Random) -> bytearray:
    """Write a piece twice, or many times."""
    start = chance.randrange(len(data))
    piece = data[start : start + chance.choice((1, CARD, 2880, 5000))]
    return data[:start] + piece * chance.choice((2, 3, 100)) + data[start:]


def remove(data: bytearray, chance: random.Random) -> bytearray:
    """Leave a piece out."""
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.choice((1, CARD, 2880)) :]


def renumber(data: bytearray, chance: random.Random) -> bytearray:
    """Write another number where a number is written as text; in FITS the card keeps its length."""
    found = list(re.finditer(rb"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", bytes(data[:60_000])))
    for match in chance.sample(found, min(len(found), chance.choice((1, 2, 8)))):
        text = chance.choice(NUMBERS).rjust(len(match[0]))
        data[match.start() : match.end()] = text[: len(match[0])] if data[:6] == b"SIMPLE" else text
    return data


def rename(data: bytearray, chance: random.Random) -> bytearray:
    """Take a word of the file for another of its words: a unit, a column, a keyword in a wrong place."""
    words = re.findall(rb"[A-Za-z][\w:.-]{1,17}", bytes(data[:60_000]))
    if words:
        one, other = chance.choice(words), chance.choice(words)
        place = data.find(one)
        text = other.ljust(len(one))[: len(one)] if data[:6] == b"SIMPLE" else other
        data[place : place + len(one)] = text
    return data


def pack(data: bytearray, chance: random.Random) -> bytearray:
    """Pack what is damaged, and damage the packing sometimes."""
    packed = bytearray(gzip.compress(bytes(damaged(bytes(data), chance.randrange(1 << 30), DAMAGES[:-3])), 1))
    return flip(packed, chance) if chance.random() < 0.3 else packed


def compress(data: bytearray, chance: random.Random) -> bytearray:
    """Compress by another method, and damage the result sometimes."""
    packed = bytearray(chance.choice((bz2.compress, lzma.compress))(bytes(data)))
    return flip(packed, chance) if chance.random() < 0.5 else packed


def archive(data: bytearray, chance: random.Random) -> bytearray:
    """Put what is damaged into a tar or zip archive beside the original, and damage the archive often."""
    inner = bytes(damaged(bytes(data), chance.randrange(1 << 30), DAMAGES[:-3]))
    members = [("a.fits", bytes(data)), (chance.choice(("b.csv", "a.fits", "", "../b", "d/b.xml")), inner)]
    chance.shuffle(members)
    packed = bytearray(chance.choice((_tar, _zip))(members, chance))
    if chance.random() < 0.7:
        headers = [at for at in range(0, len(packed), 512) if packed[at + 257 : at + 262] == b"ustar"]
        central = packed.rfind(b"PK\x01\x02")
        for _ in range(chance.choice((1, 2, 10))):
            start = chance.choice(headers) if headers else max(central, 0)
            packed[min(start + chance.randrange(512), len(packed) - 1)] = chance.choice(
                (0, 32, 48, 55, 128, 255)
            )
    return bytearray(gzip.compress(bytes(packed), 1, mtime=0)) if chance.random() < 0.2 else packed


def _tar(members: list[tuple[str, bytes]], chance: random.Random) -> bytes:
    written = io.BytesIO()
    form = chance.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=written, mode="w", format=form) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            if form == tarfile.PAX_FORMAT:
                member.pax_headers = {"comment": "x" * chance.choice((1, 90, 2000))}
            tar.addfile(member, io.BytesIO(content))
    return written.getvalue()


def _zip(members: list[tuple[str, bytes]], chance: random.Random) -> bytes:
    written = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with warnings.catch_warnings(), zipfile.ZipFile(written, "w", method) as file:
        warnings.simplefilter("ignore")  # two members of one name
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return written.getvalue()


DAMAGES: tuple[Damage, ...] = (
    flip,
    flip,
    cut,
    repeat,
    remove,
    renumber,
    renumber,
    rename,
    rename,
    pack,
    compress,
    archive,
)


def damaged(data: bytes, seed: int, damages: tuple[Damage, ...] = DAMAGES) -> bytes:
    """Return damaged bytes.

    Parameters
    ----------
    data
        Those of a file.
    seed
        Chooses the damage.
    damages
        What may be done.
    """
    chance = random.Random(seed)
    result = bytearray(data[:LONGEST])
    for _ in range(chance.choice((1, 1, 2))):
        if result:
            result = chance.choice(damages)(result, chance)
    return bytes(result)
