"""Inverse variances from the errors that a file has, whatever their kind.

Errors without one positive finite number say nothing (iSpec and others write zeros where they know none):
then there are none, and the pixels are not bad. A few of them among good ones are bad pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from spectra.reading.assemble import ivar_of_error
from spectra.reading.planes.words import ERROR_KINDS, companion
from spectra.spectrum import ErrorKind, ErrorSource, FloatArray, Provenance, SpectrumMeta

IGNORED = "errors_ignored"
"""Key of `SpectrumMeta.extra`: the errors that were there and said nothing."""


@dataclass(frozen=True, slots=True)
class ErrorColumn:
    """The column with the errors of a flux: its name, and what its numbers are."""

    name: str
    kind: ErrorKind

    @property
    def source(self) -> ErrorSource:
        """The same as a part of the provenance."""
        return ErrorSource(f"column {self.name}", self.kind)


def error_column(names: Iterable[str], flux: str) -> ErrorColumn | None:
    """Return the column with the errors of a flux, or None.

    Inverse variances go before standard deviations, those before variances; errors of another flux of the
    table (``ERR_REDUCED`` beside ``FLUX``) and systematic ones are not taken.

    Parameters
    ----------
    names
        All columns, as the file writes them.
    flux
        The one that is the flux.
    """
    found = companion(names, flux, ERROR_KINDS)
    return None if found is None else ErrorColumn(found[0], ERROR_KINDS[found[1]])


def weights(errors: FloatArray, kind: ErrorKind) -> FloatArray | None:
    """Return inverse variances, 0 where an error is not positive and finite; None where none is.

    Parameters
    ----------
    errors
        Any shape.
    kind
        Whether they are standard deviations, variances or inverse variances.
    """
    with np.errstate(invalid="ignore"):
        good = np.isfinite(errors) & (errors > 0.0)
    if not good.any():
        return None
    if kind == "sigma":
        return ivar_of_error(errors)
    if kind == "ivar":
        return np.where(good, errors, 0.0)
    ivar = np.zeros(errors.shape)
    with np.errstate(over="ignore"):
        np.divide(1.0, errors, where=good, out=ivar)
    return np.where(np.isfinite(ivar), ivar, 0.0)


class Errors:
    """The errors of all spectra of one table or image.

    An inverse variance of zero is a statement (the pixel has no weight) where other spectra of the same file
    have positive ones; a standard deviation or variance of zero never is one.

    Parameters
    ----------
    source
        Where they stand, and their kind.
    rows
        Those of each spectrum, shape (n,) each.
    others
        Tells whether any spectrum of the file has positive ones, where `rows` are not all of them.
    """

    def __init__(
        self, source: ErrorSource, rows: Sequence[FloatArray], others: Callable[[], bool] | None = None
    ) -> None:
        self.source = source
        self._rows = rows
        self._others = others

    def of(self, row: int, shape: tuple[int, ...]) -> FloatArray | None:
        """Return the inverse variances of a spectrum.

        Parameters
        ----------
        row : int
            Its row among the errors, from 0.
        shape : tuple of int
            Shape of its flux.

        Returns
        -------
        ndarray or None
            In this shape; None where there are no errors for it.
        """
        if row >= len(self._rows):
            return None
        errors = self._rows[row]
        if errors.shape != shape:
            return None
        ivar = weights(errors, self.source.kind)
        if ivar is None and self.source.kind == "ivar" and self._say_something:
            return np.zeros(shape)
        return ivar

    @cached_property
    def _say_something(self) -> bool:
        if self._others is not None:
            return self._others()
        return len(self._rows) > 1 and any((one > 0.0).any() for one in self._rows)


def weighed(
    errors: Errors | None, row: int, shape: tuple[int, ...], meta: SpectrumMeta, known: Provenance
) -> tuple[FloatArray | None, SpectrumMeta, Provenance]:
    """Return inverse variances, and the meta and provenance that say where they come from.

    Parameters
    ----------
    errors
        Of all spectra of the table or image, or None.
    row, shape
        Which spectrum, and its shape.
    meta, known
        What is known about it so far.

    Returns
    -------
    tuple
        Inverse variances, shape (n,) or None; where errors are there and say nothing, the meta names them.
    """
    if errors is None:
        return None, meta, known
    ivar = errors.of(row, shape)
    if ivar is None:
        return None, replace(meta, extra=dict(meta.extra) | {IGNORED: errors.source.place}), known
    return ivar, meta, replace(known, errors=errors.source)
