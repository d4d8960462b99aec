"""Quick look: the needed pixels of a spectrum, without unpacking or parsing the rest of its file.

Archives hold one spectrum per file by the million, and a recipe mostly needs a window of its flux. The quick
look takes such files (the primary image of LAMOST, IRAF and the like, and nothing else in the file) and
leaves every other, and whatever is out of the ordinary about one, to the complete reading: that alone says
why something is rejected. Where both read a file, they give the same numbers, name, label, group and
position.

What it knows, it learned from the complete reading's own functions: they are run once on a header that
remembers what it was asked (`_Watched`), and the outcome, a `_Plan`, holds for every header with the same
keywords in the same places and the same cards where it was asked.

What must be done and what the machine can, per file of a mix of LAMOST and STELIB (39 kB stored, 64 kB
unpacked, of which 21 kB reach to the end of the Hα window), on a Xeon core with igzip: reading and unpacking
those 21 kB alone takes 64 µs. With all else, from walking the folder to writing Parquet, it is 95 to 110 µs;
with the complete reading it was 345 µs. `benchmarks/prepare.py` measures both.

Not noticed: damage behind the window that leaves the promised length of the file as it is (a gzip file's
last bytes promise it; the checksum would need everything unpacked).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra.reading.content import Content
from spectra.reading.fits.axis import image_axis
from spectra.reading.fits.describe import object_name, position_of
from spectra.reading.fits_file.header import BLOCK, CARD, Header, Layout, find_layout
from spectra.reading.fits_file.structure import FitsFile, Hdu, data_size
from spectra.reading.formats import fits_format
from spectra.reading.packed.beginning import Shares, begin
from spectra.reading.provenance import of_format
from spectra.reading.surveys.lamost import MODEL, image_provenance, lamost_class, lamost_position
from spectra.reading.surveys.log_planes import PIXEL_TYPES, Planes
from spectra.spectrum import FloatArray, Provenance, Spectrum, SpectrumMeta

Window = Callable[[FloatArray], slice]
Belonging = Callable[[Header], tuple[str | None, str | None]]
Position = Callable[[Header], tuple[float | None, float | None]]
_HEAD = 8 * BLOCK
_MOST_PLANS = 1024
_MOST_PIXELS = 10_000
"""Of a grid: keeps the plans below 1024 × 80 kB, whatever is read."""
_TAR = slice(257, 262)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the needed pixels of a file are.

    Parameters
    ----------
    size
        Bytes that the header promises, header included and padding not.
    start, count, dtype
        The needed pixels.
    grid
        Theirs, vacuum Å, shape (count,).
    provenance
        How files of this kind are read: one object for all of them.
    belonging
        Tells label and group from a header.
    position
        Tells right ascension and declination.
    """

    size: int
    start: int
    count: int
    dtype: np.dtype[Any]
    grid: FloatArray
    provenance: Provenance
    belonging: Belonging
    position: Position


class _Watched(Header):
    """A header that remembers the places of the cards it was asked for (its layout tells what it lacks)."""

    __slots__ = ("asked",)

    def __init__(self, raw: bytes, layout: Layout) -> None:
        super().__init__(raw, layout)
        self.asked: set[int] = set()

    def card(self, keyword: str) -> bytes | None:
        """Return a card as `Header` does."""
        at = self.layout.place(keyword)
        if at is not None:
            self.asked.add(at)
        return super().card(keyword)

    def remarks(self) -> list[str]:
        """Return the texts of remarks as `Header` does."""
        self.asked.update(self.layout.remark_places)
        return super().remarks()


class QuickLook:
    """Reads the needed pixels of files.

    Parameters
    ----------
    window
        Which columns of a grid are needed.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._shares = Shares()
        self._plans: dict[tuple[Layout, bytes], _Plan | None] = {}
        self._asked: dict[Layout, tuple[int, ...]] = {}

    def spectrum(self, content: Content) -> Spectrum | None:
        """Return the window of the one spectrum of a file; None where the complete reading must decide.

        Wavelength and flux are cut to the window; errors and mask are left out, and so is `extra` of the
        `meta`.
        """
        file = begin(content.stored, self._shares)
        if file is None or file.data[:6] != b"SIMPLE" or file.data[_TAR] == b"ustar":
            return None
        layout = find_layout(file.data[:_HEAD])
        if layout is None and file.until(min(_HEAD, file.size)) is not None:
            layout = find_layout(file.data[:_HEAD])
        if layout is None:
            return None
        header = Header(file.data, layout)
        plan = self._plan(header)
        if plan is None or not plan.size <= file.size <= -(-plan.size // BLOCK) * BLOCK:
            file.until(layout.data_start)  # the next of its kind need not be unpacked any further
            return None
        data = file.until(plan.start + plan.count * plan.dtype.itemsize)
        if data is None:
            return None
        flux = np.frombuffer(data, plan.dtype, plan.count, plan.start)
        if not np.isfinite(flux).all():
            return None
        label, group = plan.belonging(header)
        ra, dec = plan.position(header)
        known = plan.provenance
        meta = SpectrumMeta(
            content.stem, ra, dec, label, group, known.unit, known.frame, content.source(), provenance=known
        )
        return Spectrum(plan.grid, flux.astype(np.float64), None, None, meta)

    def _plan(self, header: Header) -> _Plan | None:
        layout, raw = header.layout, header.raw
        places = self._asked.get(layout, ())
        key = (layout, _cards(raw, places))
        if key in self._plans:
            return self._plans[key]
        watched = _Watched(raw, layout)
        try:
            plan = _make(watched, self._window)
        except Exception:  # noqa: BLE001 - the complete reading will meet it again, and say what it is
            plan = None
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
            self._asked.clear()
        # Another value may lead to other questions: from now on those cards tell plans apart, too. The keys
        # of before are shorter and are never met again.
        places = tuple(sorted({*places, *watched.asked}))
        self._asked[layout] = places
        self._plans[layout, _cards(raw, places)] = plan
        return plan


def _cards(raw: bytes, places: tuple[int, ...]) -> bytes:
    return b"".join([raw[at : at + CARD] for at in places])


def _make(header: Header, window: Window) -> _Plan | None:
    """Plan the reading of a file whose only HDU has this header; None where it is of no form known here."""
    size, start = data_size(header), header.layout.data_start
    dtype = PIXEL_TYPES.get(header.integer("BITPIX"))
    if dtype is None or size == 0:
        return None
    image = Hdu(0, header, b" ")  # of the data, formats are told by whether there are any
    form = fits_format(header, lambda: FitsFile([image]))
    read = {"lamost": _lamost, "image": _row}.get(form)
    if read is None or image.shape[-1] > _MOST_PIXELS:
        return None
    grid, provenance, belonging, position = read(image)
    if grid is None:
        return None
    needed = window(grid)
    first, last, _ = needed.indices(len(grid))
    cut = grid if last - first == len(grid) else grid[needed].copy()
    cut.flags.writeable = False
    place = start + first * dtype.itemsize
    known = of_format(provenance, form)
    return _Plan(start + size, place, last - first, dtype, cut, known, belonging, position)


Found = tuple[FloatArray | None, Provenance, Belonging, Position]


def _lamost(image: Hdu) -> Found:
    grid, meaning = Planes(image.header, 0).axis(MODEL)
    return grid, image_provenance(meaning, bare=True), lamost_class, lamost_position


def _row(image: Hdu) -> Found:
    header, n = image.header, image.shape[-1]
    axis = image_axis(header)
    neutral = header.number("BSCALE") in {None, 1.0} and header.number("BZERO") in {None, 0.0}
    one_row = axis.code.number == 1 and all(count == 1 for count in image.shape[:-1])
    grid = axis.shared_grid(n) if neutral and one_row else None
    return grid, axis.meaning.provenance(axis.source, (0, "")), _object, _position


def _position(header: Header) -> tuple[float | None, float | None]:
    return position_of(header) or (None, None)


def _object(header: Header) -> tuple[None, str | None]:
    return None, object_name((header,))
