"""Tile-compressed FITS files (.fz, fpack; FITS 4.0, 10) written anew as plain FITS: images by astropy."""

from __future__ import annotations

import io
import math
import mmap
import warnings
from collections.abc import Sequence
from typing import Any

from spectra.fault import Fault
from spectra.reading.fits_file.header import BLOCK, Header
from spectra.reading.fits_file.structure import Hdu
from spectra.reading.packed.table_tiles import plain_size, plain_table
from spectra.reading.read_error import ReadError

_ADVICE = "unpack it with funpack first"


def has_tiles(found: Sequence[Hdu]) -> bool:
    """Whether one of the HDUs is a compressed image or table."""
    return any(hdu.header.get("ZIMAGE") is True or hdu.header.get("ZTABLE") is True for hdu in found)


def without_tiles(data: bytes | mmap.mmap, found: Sequence[Hdu], cap: int) -> bytes:
    """Return the file with its images and tables unpacked; one that was the primary image is so again.

    Parameters
    ----------
    data
        The whole file.
    found
        Its HDUs.
    cap
        Most bytes that all of them may take together.

    Raises
    ------
    ReadError
        When they are larger than the cap, or broken.
    """
    tables = [hdu for hdu in found if hdu.header.get("ZTABLE") is True]
    images = [hdu for hdu in found if hdu.header.get("ZIMAGE") is True]
    promised = sum(_size(hdu.header) for hdu in images) + sum(plain_size(hdu.header) for hdu in tables)
    if promised > cap:
        raise ReadError(f"its compressed HDUs unpack to more than {cap:,} bytes", Fault.TOO_LARGE)
    plain = b"".join(_plain(hdu) for hdu in found) if tables else data
    if not images:
        return bytes(plain)
    try:
        return _rewritten(plain, found)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise ReadError(f"its compressed image cannot be unpacked ({reason}): {_ADVICE}") from error


def _plain(hdu: Hdu) -> bytes:
    """Return an HDU as it is, or its table unpacked; one that is cut short is left out."""
    if hdu.fault is not None:
        return b""
    if hdu.header.get("ZTABLE") is True:
        try:
            return plain_table(hdu)
        except (ReadError, ValueError) as error:
            reason = f"its compressed table (HDU {hdu.index}) cannot be unpacked ({error}): {_ADVICE}"
            raise ReadError(reason, getattr(error, "kind", Fault.MALFORMED)) from error
    data = bytes(hdu.data)
    head = hdu.header.raw[: hdu.header.layout.data_start]
    return head + data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")


def _size(header: Header) -> int:
    """Return the bytes of an image that a header promises, of one tile where that is more."""
    count = header.integer("ZNAXIS")
    if not 0 <= count <= 9:
        raise ReadError(f"its compressed image has {count} axes", Fault.MALFORMED)
    image = math.prod(header.integer(f"ZNAXIS{axis}") for axis in range(1, count + 1))
    tile = math.prod(header.integer(f"ZTILE{axis}", 1) for axis in range(1, count + 1))
    return max(image, tile) * max(abs(header.integer("ZBITPIX")) // 8, 1)


def _rewritten(data: bytes | mmap.mmap, found: Sequence[Hdu]) -> bytes:
    from astropy.io import fits  # noqa: PLC0415 - heavy, and most readings never need it

    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the standard's finer points
        with fits.open(io.BytesIO(data), memmap=False, lazy_load_hdus=False) as packed:
            plain: list[Any] = [
                fits.ImageHDU(hdu.data, header=hdu.header) if isinstance(hdu, fits.CompImageHDU) else hdu
                for hdu in packed
            ]
            if len(plain) > 1 and found[1].header.get("ZSIMPLE") is True:
                plain[:2] = [fits.PrimaryHDU(plain[1].data, header=plain[1].header)]
            fits.HDUList(plain).writeto(out, output_verify="silentfix+ignore")
    return out.getvalue()
