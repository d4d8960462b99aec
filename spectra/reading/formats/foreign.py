"""Files that are no spectra and are taken for some: what each is, by its first bytes, and what to do."""

from __future__ import annotations

import re

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

_SAVE = "save its spectra as FITS, NPZ or text"
_MAGIC = (
    (
        b"\x93NUMPY",
        "a single NumPy array (.npy), which names no wavelengths: save wavelength and flux as .npz",
    ),
    (
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file; import it as a feature set, or write its spectra as NPZ, FITS or text",
    ),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"{\\rtf", "a text of a word processor (RTF): save it as plain text"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet or document of Microsoft Office: export it as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it, or pack it as zip or tar.gz"),
    (b"Rar!", "a RAR archive: unpack it, or pack it as zip or tar.gz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd within another packing: unpack it, or use gzip"),
    (b"BZh", "packed with bzip2 within another packing: unpack it, or use gzip"),
    (b"\xfd7zXZ\x00", "packed with xz within another packing: unpack it, or use gzip"),
    (b"\x1f\x8b", "packed with gzip within another packing: unpack it"),
    (b"LZIP", "packed with lzip: unpack it, or use gzip"),
    (b"SR\x00\x04", f"an IDL save file: {_SAVE}"),
    (b"MATLAB 5.0", f"a MATLAB file: {_SAVE}"),
    (b"#ASDF", f"an ASDF file: {_SAVE}"),
    (b"CDF\x01", f"a NetCDF file: {_SAVE}"),
    (b"CDF\x02", f"a NetCDF file: {_SAVE}"),
    (b"SQLite format 3", f"an SQLite database: {_SAVE}"),
    (b"ARROW1", "an Arrow (Feather) file: save it as Parquet"),
    (b"PARE", "an encrypted Parquet file"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself: fetch it with `git lfs pull`"),
)
_FORBIDDEN = (
    (
        re.compile(
            rb"\x80[\x02-\x05]|\((?:dp|lp|i)[0-9]|[\]}]q\x00|"
            rb"c(?:__builtin__|builtins|copy_?reg|collections|numpy|pandas|torch|sklearn|astropy|specutils)\b"
        ),
        "a Python pickle, which is never read, because reading runs code",
    ),
    (
        re.compile(rb"x[\x01\x9c\xda]"),
        "packed with zlib, as joblib packs pickles, which are never read",
    ),
)
_JSON = re.compile(rb"[{\[]\s*[\"{\[]")
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


def check_foreign(head: bytes) -> None:
    """Reject what is no spectrum and is known.

    Parameters
    ----------
    head
        The first bytes of the file, unpacked.

    Raises
    ------
    ReadError
        When it is such a file.
    """
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise ReadError(f"it is {what}", Fault.UNKNOWN_FORMAT)
    for pattern, what in _FORBIDDEN:
        if pattern.match(head):
            raise ReadError(f"it is {what}; {_SAVE}", Fault.FORBIDDEN)
    if head.startswith(_UTF_32):
        raise ReadError("it is a text in UTF-32: save it as UTF-8", Fault.UNKNOWN_FORMAT)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024]
    if _JSON.match(start):
        raise ReadError(
            "it is a JSON document, which may be anything: save wavelength and flux as columns of text",
            Fault.UNKNOWN_FORMAT,
        )
    if start.startswith(b"<") and b"VOTABLE" not in start and _HTML.search(start):
        raise ReadError(
            "it is a web page (HTML), not data: the download failed, or needs a sign-in; open it to see why",
            Fault.UNKNOWN_FORMAT,
        )
