"""Bad bodies of different kinds: each is rejected at another place of the code, with words of its own."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from astropy.io import fits

#: Well within what the model of the tests needs (its window is 6519–6732 Å).
GRID = np.arange(6400.0, 6800.0, 0.8)
BOUNDARY = "a8f3c9d2e5b14760"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Bad:
    """A body that must be rejected.

    Attributes
    ----------
    name
        What is wrong with it.
    status, says
        Of the answer; `says` is found in its words, and in those of no other kind.
    kind, body
        Content-Type ("" sends none) and bytes.
    headers, query
        What else is sent.
    promised
        Content-Length, where it is another than the body's: the rest never comes.
    """

    name: str
    status: int
    says: str
    kind: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    promised: int | None = None


def part(content: bytes, name: str = "data", filename: str | None = "x.fits", *more: str) -> bytes:
    """Return one part of a form."""
    given = f'; filename="{filename}"' if filename is not None else ""
    lines = [f"--{BOUNDARY}", f'Content-Disposition: form-data; name="{name}"{given}', *more, "", ""]
    return "\r\n".join(lines).encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    """Return a whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def bad_bodies(star: bytes) -> list[Bad]:
    """Return all kinds.

    Parameters
    ----------
    star
        A real FITS file that the model takes.
    """
    return [*_requests(star), *_forms(star), *_files(star), *_json(), *_packed(star)]


def _requests(star: bytes) -> Iterator[Bad]:
    """Return what is wrong with the request around the files."""
    yield Bad("nothing at all", 422, "Missing data for required field.")
    yield Bad("a type that is none", 415, "text/html", "text/html", b"<p>star</p>")
    yield Bad(
        "larger than anything taken", 413, "at most 2147483648", "application/fits", star, promised=2**40
    )
    yield Bad("JSON without end", 413, "JSON or form body", "application/json", b"[", promised=2**30)
    yield Bad(
        "a wrong parameter", 422, "Not a valid boolean", FORM, form(part(star)), query="probabilities=17"
    )
    yield Bad(
        "an unknown encoding", 415, "x-nonsense", FORM, form(part(star)), {"Content-Encoding": "x-nonsense"}
    )
    yield Bad(
        "no gzip", 400, "cannot be unpacked", "application/fits", b"SIMPLE  =", {"Content-Encoding": "gzip"}
    )
    bomb = gzip.compress(bytes(60_000_000))
    yield Bad(
        "a bomb of gzip",
        413,
        "The request unpacks to more",
        "application/fits",
        bomb,
        {"Content-Encoding": "gzip"},
    )


def _forms(star: bytes) -> Iterator[Bad]:
    """Return what is wrong with multipart bodies."""
    yield Bad("no boundary", 400, "without a boundary", "multipart/form-data", b"x")
    yield Bad(
        "another boundary",
        400,
        "does not hold its boundary",
        "multipart/form-data; boundary=other",
        form(part(star)),
    )
    yield Bad("cut short", 400, "last boundary is missing", FORM, form(part(star))[: len(star)])
    yield Bad("no form at all", 400, "broken after a boundary", FORM, f"--{BOUNDARY}".encode() + star)
    yield Bad("a part without a name", 400, "no name", FORM, form(f"--{BOUNDARY}\r\n\r\nabc\r\n".encode()))
    yield Bad(
        "headers without end", 400, "end of its headers", FORM, form(f"--{BOUNDARY}\r\nA: b\r\n".encode())
    )
    yield Bad("another field", 422, "'spectrum'", FORM, form(part(star, "spectrum")))
    yield Bad("text for a file", 422, "is text", FORM, form(part(b"star", filename=None)))
    yield Bad(
        "a packed part",
        415,
        "Content-Encoding: send it",
        FORM,
        form(part(star, "data", "x", "Content-Encoding: gzip")),
    )
    unknown = part(star, "data", "x", "Content-Transfer-Encoding: x-uuencode")
    yield Bad("a part of unknown encoding", 415, "x-uuencode", FORM, form(unknown))
    broken = part(b"abcde", "data", "x", "Content-Transfer-Encoding: base64")
    yield Bad("a part that is no base64", 400, "not base64", FORM, form(broken))
    many = form(*(part(b"x", "data", f"{number}.txt") for number in range(1001)))
    yield Bad("too many files", 413, "at most 1000 are taken", FORM, many)


def _files(star: bytes) -> Iterator[Bad]:
    """Return files that hold no spectrum which the model can use."""

    def file(name: str, says: str, content: bytes, called: str = "x.fits", status: int = 422) -> Bad:
        return Bad(name, status, says, FORM, form(part(content, "data", called)))

    yield file("an empty file", "the file is empty", b"")
    yield file("prose", "no columns of wavelength and flux", b"It was a dark night.\nNothing was seen.\n")
    yield file(
        "FITS cut short",
        "the file holds 1,000: it is cut short",
        table(GRID, np.ones(GRID.size))[: 2 * 2880 + 1000],
    )
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                  -64",
        "NAXIS   =                    2",
    ]
    huge = [*cards, "NAXIS1  =           1000000000", "NAXIS2  =           1000000000", "END"]
    yield file(
        "FITS of exabytes",
        "promises 8,000,000,000,000,000,000",
        "".join(f"{card:80}" for card in huge).ljust(2880).encode(),
    )
    yield file("FITS of no spectrum", "specutils", image(np.ones((64, 64))))
    yield file("nothing but NaN", "no finite number", table(GRID, np.full(GRID.size, np.nan)))
    yield file("another part of the sky", "covers", table(GRID - 2000.0, np.ones(GRID.size)))
    yield file("a single point", "1 positive wavelength", table(GRID[:1], np.ones(1)))
    votable = b'<?xml version="1.0"?><VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="wavelength"'
    yield file("VOTable cut short", "XML is broken", votable, "x.xml")
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><VOTABLE>&b;</VOTABLE>'
    yield file("a billion laughs", "entities", laughs, "x.xml")
    yield file(
        "NPZ of Python objects",
        "pickled objects",
        npz(wavelength=GRID, flux=np.array([{"a": 1}] * GRID.size)),
    )
    yield file("NPZ without flux", "no arrays of wavelength and flux", npz(wavelength=GRID))
    yield file("HDF5", "HDF5", b"\x89HDF\r\n\x1a\n" + bytes(64))
    yield file("a pickle", "a Python pickle", pickle.dumps({"flux": [1.0]}) + bytes(8), "x.pkl")
    yield file("broken Parquet", "Parquet", b"PAR1" + bytes(64) + b"PAR1", "x.parquet")
    yield file("bzip2 cut short", "bzip2 data are cut short", bz2.compress(star)[:-20])


def _packed(star: bytes) -> Iterator[Bad]:
    """Return archives and files that are packed to harm."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.fits", bytes(100_000_000))
    yield Bad(
        "a bomb in an archive",
        422,
        "far more than its size allows",
        FORM,
        form(part(bomb.getvalue(), "data", "x.zip")),
    )
    outside = io.BytesIO()
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("../../x.fits", star)
    yield Bad("an archive that leads out", 422, "leads out", "application/zip", outside.getvalue())
    grown = npz(wavelength=np.zeros(3_000_000), flux=np.zeros(3_000_000))
    yield Bad("a bomb in NPZ", 422, "3,000,000 points", "application/x-npz", grown)
    gz = part(gzip.compress(bytes(270_000_000)), "data", "x.fits.gz")
    yield Bad("a file that unpacks to too much", 422, "unpacks to more than 256,000,000", FORM, form(gz))
    long = base64.b64encode(gzip.compress(b"4000 1\n" * 5_000_000))
    many = part(long, "data", "x.txt.gz", "Content-Transfer-Encoding: base64")
    yield Bad("a spectrum of too many points", 422, "5,000,000 lines", FORM, form(many))


def _json() -> Iterator[Bad]:
    """Return JSON that holds no spectrum which the model can use."""
    x, y = GRID.tolist(), np.ones(GRID.size).tolist()

    def content(name: str, says: str, given: Any, status: int = 422) -> Bad:
        return Bad(name, status, says, "application/json", json.dumps(given).encode())

    yield Bad("broken JSON", 400, "Invalid JSON body", "application/json", b'{"wavelength": [1, 2')
    yield content("JSON of another shape", "JSON body holds no spectra", {"stars": 7})
    yield content("lengths that differ", "its flux (500,)", {"wavelength": x[:-7], "flux": y})
    yield content(
        "wavelengths out of order", "not in order", {"wavelength": [*x[:200], *x[100:400]], "flux": y}
    )
    yield content("words for numbers", "could not convert", {"wavelength": x, "flux": ["bright"] * len(x)})
    yield content("no wavelength", "no list wavelength", {"flux": y})
    yield content("an unknown unit", "cubits", {"wavelength": x, "flux": y, "unit": "cubits"})
    yield content("an unknown frame", "'ether'", {"wavelength": x, "flux": y, "frame": "ether"})
    yield content("negative wavelengths", "negative values", {"wavelength": [-each for each in x], "flux": y})


def table(wavelength: Any, flux: Any) -> bytes:
    """Return a FITS file of two columns."""
    columns = [
        fits.Column(name, "D", array=values) for name, values in (("wavelength", wavelength), ("flux", flux))
    ]
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(stream)
    return stream.getvalue()


def image(pixels: Any) -> bytes:
    """Return a FITS image."""
    stream = io.BytesIO()
    fits.PrimaryHDU(pixels).writeto(stream)
    return stream.getvalue()


def npz(**arrays: Any) -> bytes:
    """Return a NumPy archive."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()
