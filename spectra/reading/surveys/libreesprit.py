"""LibreESpRIT (ESPaDOnS, NARVAL): text files ``.s`` of overlapping echelle orders, nm in air.

Donati et al. 1997, MNRAS 291, 658, as PolarBase and CADC write it: a line that begins with ``***``, a line
with the number of rows and of columns beside the wavelength, then rows of wavelength, intensity, in
polarimetry Stokes V and two null spectra, and the error. The orders lie behind each other and overlap: each
is a spectrum.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.grid import AIR
from spectra.reading.planes.errors import weights
from spectra.reading.provenance import with_errors
from spectra.reading.read_error import ReadError
from spectra.reading.units.meaning import Rule, axis_meaning
from spectra.spectrum import FloatArray, Spectrum, SpectrumMeta

_MARK = b"***"
_MOST_BYTES = 512 * 1024**2
_MODEL = Rule("the format of LibreESpRIT", "nm", AIR, reach=(3600.0, 25000.0))
_FEWEST = 2


def is_libreesprit(content: Content) -> bool:
    """Whether a text begins with LibreESpRIT's two lines."""
    lines = content.head.lstrip().splitlines()[:2]
    if len(lines) < 2 or not lines[0].startswith(_MARK):
        return False
    words = lines[1].split()
    return len(words) == 2 and all(word.isdigit() for word in words)


def read_libreesprit(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per order.

    Raises
    ------
    ReadError
        When the rows are broken.
    """
    table = _table(content)
    turns = np.flatnonzero(np.diff(table[:, 0]) < 0.0) + 1
    orders = [order for order in np.split(table, turns) if len(order) >= _FEWEST]
    title = content.head.lstrip().splitlines()[0].decode("latin-1").strip("* ")
    meaning = axis_meaning("wavelength", comments=[title], rules=[_MODEL], values=table[:, 0])
    known = meaning.provenance("column 1")
    if table.shape[1] > 2:
        known = with_errors(known, f"column {table.shape[1]}", "sigma")
    star = title.partition("'")[2].partition("'")[0].strip() or None
    for number, order in enumerate(orders):
        place = number if len(orders) > 1 else None
        name = content.stem if place is None else f"{content.stem}:{place}"
        meta = SpectrumMeta(
            name, group=star, source=content.source(None, place), extra={"title": title[:200]}
        )
        try:
            ivar = weights(order[:, -1], "sigma") if table.shape[1] > 2 else None
            yield assemble(
                Axis(order[:, 0], meaning.unit, meaning.frame), order[:, 1], meta, ivar=ivar, provenance=known
            )
        except ReadError as error:
            yield error.within(f"order {number}")


def _table(content: Content) -> FloatArray:
    most = min(_MOST_BYTES, content.limits.text)
    if len(content.data) > most:
        raise ReadError(f"it is a text of {len(content.data):,} bytes; the most is {most:,}", Fault.TOO_LARGE)
    content.limits.check_lines(bytes(content.data).count(b"\n"))
    lines = bytes(content.data).lstrip().decode("latin-1").splitlines()[2:]
    try:
        table = np.loadtxt(lines, ndmin=2)
    except ValueError as error:
        raise ReadError(f"the text is no table of numbers ({error})") from error
    if table.shape[0] < _FEWEST or table.shape[1] < 2:
        raise ReadError("it holds no rows of wavelength and intensity", Fault.EMPTY)
    return table
