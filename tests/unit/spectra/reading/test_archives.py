"""Archives from users: one bad member is one rejection, and no header takes long or leads back."""

from __future__ import annotations

import io
import random
import tarfile
import time
import warnings
import zipfile
from collections.abc import Callable

import pytest

from spectra import UnreadableSpectrum
from spectra.reading.walk import iter_spectra

CSV = b"wavelength,flux\n6480,1\n6500,2\n6770,1\n"


def read(content: bytes) -> tuple[list[str], list[str]]:
    """Return the names of what was read, and the reasons of what was not."""
    rejected: list[UnreadableSpectrum] = []
    found = [item.meta.source.path for item in iter_spectra(content, name="a.tar", rejected=rejected.append)]
    return found, [f"{error.source}: {error.reason}" for error in rejected]


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as file:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


def tarred(*members: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a header whose size may be negative (base 256), as GNU tar writes large ones."""
    info = tarfile.TarInfo(name)
    info.type = kind
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = b"\xff" + (size & (2**88 - 1)).to_bytes(11, "big") if size < 0 else b"%011o\0" % size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % 512)


END = b"\0" * 1024
FIRST = header("a.csv", len(CSV)) + padded(CSV)


def pax(body: bytes) -> bytes:
    return header("x", len(body), tarfile.XHDTYPE) + padded(body)


HOSTILE_TARS: dict[str, Callable[[], bytes]] = {
    "negative size": lambda: FIRST + header("b.csv", -512) + END,
    "negative size first": lambda: header("b.csv", -512) + END,
    "size beyond all": lambda: FIRST + header("b.csv", 0o77777777777) + END,
    "long digits in pax": lambda: pax(b"1" * 200_000) + FIRST + END,
    "records within records": lambda: pax(b"5 ab\n" * 40_000) + FIRST + END,
    "records without end": lambda: pax(b"9 " + b"a" * 500_000) + FIRST + END,
    "a number in a record": lambda: pax(b"200014 comment=" + b"1" * 199_998 + b"\n") + FIRST + END,
    "global header": lambda: header("x", 200_000, tarfile.XGLTYPE) + padded(b"1" * 200_000) + FIRST + END,
    "long name": lambda: header("x", 3 * 2**20, tarfile.GNUTYPE_LONGNAME) + b"a" * (3 * 2**20) + FIRST + END,
    "headers without end": lambda: (header("x", 5, tarfile.GNUTYPE_LONGNAME) + padded(b"a.csv")) * 3000 + END,
}


@pytest.mark.parametrize("kind", HOSTILE_TARS)
def test_a_hostile_header_is_one_rejection_and_soon(kind: str) -> None:
    content = HOSTILE_TARS[kind]()
    began = time.process_time()
    found, reasons = read(content)
    assert time.process_time() - began < 3
    assert len(reasons) == 1, (found, reasons)


def test_long_names_and_attributes_of_honest_tars_are_read() -> None:
    name = "folder/" * 30 + "spéctrum.csv"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        found, reasons = read(tarred((name, CSV), ("b.csv", CSV), form=form))
        assert (found, reasons) == (["a.tar!/b.csv", f"a.tar!/{name}"], [])
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as file:
        info = tarfile.TarInfo("a.csv")
        info.size, info.mtime = len(CSV), 1700000000.123456789
        info.pax_headers = {"SCHILY.xattr.user.note": "a=b\n" * 1000, "comment": "0123456789" * 5}
        file.addfile(info, io.BytesIO(CSV))
    assert read(out.getvalue())[1] == []


def test_members_of_a_tar_are_found_in_linear_time() -> None:
    content = tarred(*((f"{number:05}.csv", b"") for number in range(5000)), ("x.csv", CSV))
    began = time.process_time()
    found, reasons = read(content)
    assert (found, len(reasons)) == (["a.tar!/x.csv"], 5000)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_name_that_occurs_again_is_read_once(pack: Callable[..., bytes]) -> None:
    other = CSV.replace(b"6500,2", b"6500,9")
    content = pack(("a.csv", CSV), ("b.csv", CSV), ("a.csv", other))
    rejected: list[UnreadableSpectrum] = []
    found = list(iter_spectra(content, name="a.zip", rejected=rejected.append))
    assert [(item.meta.name, item.flux[1]) for item in found] == [("a", 9.0), ("b", 2.0)]
    assert [error.reason for error in rejected] == ["the archive holds a later member of the same name"]


def test_a_member_without_a_name_is_rejected_alone() -> None:
    content = bytearray(zipped(("q", CSV), ("b.csv", CSV)))
    entry = content.index(b"PK\x01\x02")
    for place in (26, entry + 28):  # length of the name and of what follows it: the name becomes the latter
        content[place : place + 4] = b"\0\0\1\0"
    found, reasons = read(bytes(content))
    assert found == ["a.tar!/b.csv"]
    assert reasons == ["a.tar!/: the archive holds a member without a name"]


def link(kind: bytes) -> bytes:
    return header("b.csv", 0, kind)


BAD_MEMBERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "symbolic link": (lambda: link(tarfile.SYMTYPE), "a link or a device"),
    "hard link": (lambda: link(tarfile.LNKTYPE), "a link or a device"),
    "pipe": (lambda: link(tarfile.FIFOTYPE), "a link or a device"),
    "hostile name": (lambda: header("../b.csv", len(CSV)) + padded(CSV), "leads out of the archive"),
    "archive": (lambda: header("b.zip", len(CSV)) + padded(CSV), "an archive itself"),
    "negative size": (lambda: header("b.csv", -512), "broken behind its other members"),
    "long name": (
        lambda: (
            header("x", 5000, tarfile.GNUTYPE_LONGNAME)
            + padded(b"a" * 5000)
            + header("b.csv", len(CSV))
            + padded(CSV)
        ),
        "the most is 1,000",
    ),
}


@pytest.mark.parametrize("kind", BAD_MEMBERS)
def test_a_bad_member_is_one_rejection_beside_the_good_ones(kind: str) -> None:
    member, reason = BAD_MEMBERS[kind]
    found, reasons = read(FIRST + member() + END)
    assert found == ["a.tar!/a.csv"]
    assert len(reasons) == 1
    assert reason in reasons[0]


def test_an_encrypted_member_is_one_rejection_beside_the_good_ones() -> None:
    content = bytearray(zipped(("a.csv", CSV), ("b.csv", CSV)))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    found, reasons = read(bytes(content))
    assert found == ["a.tar!/a.csv"]
    assert reasons == ["a.tar!/b.csv: the member is encrypted"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_member_that_is_broken_is_rejected_alone(method: int) -> None:
    noise = random.Random(1).randbytes(4000)
    content = bytearray(zipped(("a.csv", CSV + noise), ("b.csv", CSV), method=method))
    content[80:200] = bytes(120)
    found, reasons = read(bytes(content))
    assert found == ["a.tar!/b.csv"]
    assert len(reasons) == 1


@pytest.mark.parametrize("seed", range(8))
def test_mutated_archives_end_in_rejections_only(seed: int) -> None:
    chance = random.Random(seed)
    originals = [
        zipped(("a.csv", CSV), ("b.csv", CSV), method=method)
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)
    ]
    originals += [tarred(("a.csv", CSV), ("é" * 60 + ".csv", CSV), form=form) for form in (1, 2)]
    for _ in range(60):
        content = bytearray(chance.choice(originals))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(content))
            content[place] = chance.choice((0, 255, 0x80, chance.randrange(256)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, reasons = read(bytes(content[: chance.choice((len(content), len(content) * 3 // 4))]))
        assert found or reasons
