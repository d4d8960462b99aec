"""Views of spectra, of the feature set or of none."""

from __future__ import annotations

from collections.abc import Sequence

from deepaas_plugins.contract.view import View, inline
from deepaas_plugins.contract.views.types import Array


def spectra_rows(
    name: str,
    title: str,
    *,
    rows: Sequence[int] | Array,
    note: str = "",
) -> View:
    """Return a view of spectra of the feature set.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    rows : sequence of int or ndarray
        Row numbers of the spectra.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``spectra``.
    """
    return View(name, "spectra", title, {"rows": inline(rows)}, note)


def spectra_drawn(
    name: str,
    title: str,
    *,
    wavelength: Array,
    flux: Array,
    names: Sequence[str],
    note: str = "",
) -> View:
    """Return a view of spectra that are in no feature set, such as prototypes and means.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    wavelength : ndarray
        In Å in vacuum, shape (n,).
    flux : ndarray
        Shape (spectra, n).
    names : sequence of str
        Name of each spectrum.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``spectra``.
    """
    data = {"wavelength": inline(wavelength), "flux": inline(flux), "names": list(names)}
    return View(name, "spectra", title, data, note)
