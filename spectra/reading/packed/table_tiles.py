"""Tile-compressed binary tables (fpack; FITS 4.0, 10.3), written anew as plain ones.

Each column of each tile of ZTILELEN rows is packed alone: GZIP_1 its bytes as they are, GZIP_2 the first
bytes of all its numbers, then the second ones and so on, RICE_1 differences of whole numbers. Of arrays of
variable length each is packed alone; the cell holds, gzipped, the descriptors of the plain table, then those
of the packed arrays, as cfitsio writes them (10.3.6).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.fits_file.columns import COLUMN_TYPES, Column, every_column
from spectra.reading.fits_file.hdu import Hdu
from spectra.reading.fits_file.header import BLOCK, CARD, Header, find_layout
from spectra.reading.packed.gunzip import MAX_RATIO, gunzip
from spectra.reading.read_error import ReadError

_OWN = re.compile(
    rb"(?:ZTABLE|ZTILELEN|ZNAXIS[12]|ZPCOUNT|Z?THEAP|ZFORM\d+|ZCTYP\d+|CHECKSUM|DATASUM|ZHECKSUM|ZDATASUM) *"
)
_STRUCTURE = {b"NAXIS1  ": "ZNAXIS1", b"NAXIS2  ": "ZNAXIS2", b"PCOUNT  ": "ZPCOUNT"}
_FORM = re.compile(rb"TFORM(\d+) *")
_SIZES = {"I": 2, "J": 4, "K": 8, "E": 4, "D": 8}
_RICE = {"B": 1, "I": 2, "J": 4}
_RICE_BLOCK = 32
_WHERE = 16
"""Bytes that say where a packed array is: length and offset of 64 bits."""
_ALGORITHMS = ("GZIP_1", "GZIP_2", "RICE_1")

_Bytes = npt.NDArray[np.uint8]


class _Place(NamedTuple):
    """A column: in the packed table, in the plain one, and how it is packed."""

    packed: Column
    plain: Column
    algorithm: str


def plain_size(header: Header) -> int:
    """Return the bytes that a packed table promises to unpack to.

    Parameters
    ----------
    header
        Of a table with ZTABLE = T.

    Raises
    ------
    ReadError
        When a length is absent or negative.
    """
    sizes = [header.integer(keyword) for keyword in ("ZNAXIS1", "ZNAXIS2")]
    heap = header.integer("ZPCOUNT", 0)
    if min(*sizes, heap) < 0:
        raise ReadError("its compressed table promises a negative length", Fault.MALFORMED)
    return math.prod(sizes) + heap


def plain_table(hdu: Hdu) -> bytes:
    """Return a packed table as a plain one: header and data, each padded to whole blocks.

    Parameters
    ----------
    hdu
        With ZTABLE = T; what it promises (`plain_size`) must have been compared with a cap.

    Raises
    ------
    ReadError
        When it breaks the standard, or is packed in a way that is not known.
    """
    if plain_size(hdu.header) > len(hdu.data) * MAX_RATIO + BLOCK:
        raise ReadError("it promises far more than it holds", Fault.TOO_LARGE)
    header = _plain_header(hdu.header)
    rows, width = header.integer("NAXIS2"), header.integer("NAXIS1")
    out = np.zeros(rows * width + header.integer("PCOUNT", 0), dtype=np.uint8)
    table, heap = out[: rows * width].reshape(rows, width), out[rows * width :]
    tiles, length = hdu.rows, hdu.header.integer("ZTILELEN")
    if length < 1 or tiles != math.ceil(rows / length):
        raise ReadError(f"it has {tiles} tiles of {length} rows for {rows:,} rows", Fault.MALFORMED)
    packed = _Packed(hdu)
    for place in _places(hdu, header):
        for tile in range(tiles):
            part = table[tile * length : (tile + 1) * length, _span(place.plain)]
            cell = packed.cell(place.packed, tile)
            is_array = place.plain.letter in "PQ"
            part[:] = _arrays(packed, place, cell, heap, part) if is_array else _numbers(place, cell, part)
    data = out.tobytes()
    return header.raw + data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")


class _Packed:
    """The cells and the heap of a packed table."""

    def __init__(self, hdu: Hdu) -> None:
        self._index = hdu.index
        self._bytes = np.frombuffer(hdu.data, np.uint8)
        self._width = hdu.header.integer("NAXIS1")
        self._heap = hdu.header.integer("THEAP", self._width * hdu.rows)

    @property
    def size(self) -> int:
        """Bytes of the HDU."""
        return len(self._bytes)

    def cell(self, column: Column, tile: int) -> bytes:
        """Return what is packed of a column in a tile."""
        kind, size = COLUMN_TYPES[column.letter]
        at = tile * self._width + column.offset
        length, start = np.frombuffer(self._bytes[at : at + size].tobytes(), kind).tolist()
        return self.heap(length, start)

    def heap(self, length: int, start: int) -> bytes:
        """Return bytes of the heap.

        Raises
        ------
        ReadError
            When they lie outside of the HDU.
        """
        begin = self._heap + start
        if min(length, start) < 0 or begin + length > len(self._bytes):
            raise ReadError(f"a tile lies outside of HDU {self._index}", Fault.TRUNCATED)
        return self._bytes[begin : begin + length].tobytes()


def _plain_header(header: Header) -> Header:
    """Return the header of the plain table: structure and types from the Z keywords, the rest as it is."""
    cards = []
    for at in range(0, header.layout.data_start, CARD):
        card = header.raw[at : at + CARD]
        keyword = card[:8]
        if keyword == b"END     ":
            break
        if _OWN.fullmatch(keyword):
            continue
        if keyword in _STRUCTURE:
            card = b"%-8b= %20d" % (keyword.strip(), header.integer(_STRUCTURE[keyword], 0))
        elif match := _FORM.fullmatch(keyword):
            card = b"%-8b= '%-8b'" % (keyword.strip(), header.text(f"ZFORM{int(match[1])}").encode("latin-1"))
        cards.append(card.ljust(CARD))
    raw = b"".join([*cards, b"END".ljust(CARD)])
    raw = raw.ljust(-(-len(raw) // BLOCK) * BLOCK)
    layout = find_layout(raw)
    if layout is None:
        raise ReadError("its header is broken", Fault.MALFORMED)
    return Header(raw, layout)


def _places(hdu: Hdu, header: Header) -> Iterator[_Place]:
    plain = list(every_column(header, hdu.index))
    packed = list(every_column(hdu.header, hdu.index))
    for one, other in zip(packed, plain, strict=True):
        algorithm = hdu.header.text(f"ZCTYP{one.number}").upper() or "GZIP_2"
        known = algorithm in _ALGORITHMS and (algorithm != "RICE_1" or _kind(other) in _RICE)
        if one.letter not in "PQ" or one.item != "B" or not known:
            raise ReadError(
                f"column {other.name} is packed with {algorithm}, which is not known for it",
                Fault.UNKNOWN_FORMAT,
            )
        yield _Place(one, other, algorithm)


def _kind(column: Column) -> str:
    return column.item if column.letter in "PQ" else column.letter


def _width(column: Column) -> int:
    if column.letter == "X":
        return (column.repeat + 7) // 8
    return column.repeat * COLUMN_TYPES[column.letter][1]


def _span(column: Column) -> slice:
    return slice(column.offset, column.offset + _width(column))


def _numbers(place: _Place, cell: bytes, part: _Bytes) -> _Bytes:
    """Return the bytes of a column in the rows of a tile, in the shape of `part`."""
    return _unpacked(place, cell, part.size).reshape(part.shape) if part.size else part


def _unpacked(place: _Place, cell: bytes, size: int) -> _Bytes:
    """Return the bytes that a cell stands for.

    Raises
    ------
    ReadError
        When it unpacks to more or less than `size`.
    """
    kind = _kind(place.plain)
    if place.algorithm == "RICE_1":
        return _of_rice(cell, _RICE[kind], size)
    raw = np.frombuffer(gunzip(cell, size), np.uint8)
    if len(raw) != size:
        raise ReadError(f"a tile has {len(raw):,} bytes, not {size:,}", Fault.TRUNCATED)
    step = _SIZES.get(kind, 1)
    if place.algorithm == "GZIP_2" and step > 1:
        raw = raw.reshape(step, -1).T.ravel()
    return raw


def _of_rice(cell: bytes, step: int, size: int) -> _Bytes:
    from astropy.io.fits.hdu.compressed._codecs import Rice1  # noqa: PLC0415 - heavy, and rarely needed

    try:
        found: Any = Rice1(blocksize=_RICE_BLOCK, bytepix=step, tilesize=size // step).decode(
            np.frombuffer(cell, np.uint8)
        )
    except Exception as error:
        raise ReadError(f"a tile is broken ({error})", Fault.MALFORMED) from error
    values = np.asarray(found)[: size // step]
    return np.frombuffer(values.astype(f">i{step}" if step > 1 else np.uint8).tobytes(), np.uint8)


def _arrays(packed: _Packed, place: _Place, cell: bytes, heap: _Bytes, part: _Bytes) -> _Bytes:
    """Unpack the arrays of a tile into the heap of the plain table; return their descriptors."""
    rows, width = part.shape
    raw = np.frombuffer(gunzip(cell, rows * (_WHERE + width)), np.uint8)
    if len(raw) != rows * (_WHERE + width):
        raise ReadError(f"a tile has {len(raw):,} bytes of places", Fault.TRUNCATED)
    descriptors = raw[: rows * width].reshape(rows, width)
    plain = descriptors.copy().view(COLUMN_TYPES[place.plain.letter][0]).reshape(rows, 2).astype(np.int64)
    where = raw[rows * width :].copy().view(">i8").reshape(rows, 2).astype(np.int64)
    held = plain[:, 0] != 0
    plain, where = plain[held], where[held]
    size = COLUMN_TYPES[place.plain.item][1]
    _check_arrays(plain * [size, 1], where, len(heap), packed.size)
    for (length, start), (count, begin) in zip(where.tolist(), plain.tolist(), strict=True):
        promised = count * size
        one = packed.heap(length, start)
        is_plain = length == promised  # what does not get smaller is stored as it is
        heap[begin : begin + promised] = (
            np.frombuffer(one, np.uint8) if is_plain else _unpacked(place, one, promised)
        )
    return descriptors


def _check_arrays(plain: npt.NDArray[np.int64], where: npt.NDArray[np.int64], heap: int, packed: int) -> None:
    """Make sure that arrays lie in their heaps and do not overlap: many of one would fill memory and time."""
    for places, most in ((plain, heap), (where, packed)):
        lengths, starts = places[:, 0].astype(np.float64), places[:, 1].astype(np.float64)
        outside = (places < 0).any() or (lengths + starts > most).any() or lengths.sum() > most
        if outside or (places[:, 0] == 0).any():
            raise ReadError("its arrays overlap, or lie outside of its heap", Fault.TRUNCATED)
