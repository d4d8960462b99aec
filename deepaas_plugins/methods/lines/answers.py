"""What is answered of each spectrum: JSON, and columns of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.lines import identification
from deepaas_plugins.methods.lines.measuring import EMISSION, Measured
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES, NONE

Floats = npt.NDArray[np.float64]

#: Figures of the profile, in the order of answers and catalogues.
FIGURES = (
    "ew",
    "ew_error",
    "velocity",
    "velocity_error",
    "fwhm",
    "peak",
    "snr",
    "v_r",
    "separation",
)
#: Figures that a spectrum without the line does not have.
OF_A_LINE = ("velocity", "velocity_error", "fwhm", "v_r", "separation")


def columns_of(measured: Measured) -> dict[str, Floats]:
    """Return the figures of every row, NaN where there are none.

    Parameters
    ----------
    measured : Measured
        A chunk.

    Returns
    -------
    dict
        ``emission`` (the probability of all classes with emission), `FIGURES`, and ``redshift`` where it is
        fitted; shape (rows,) each.
    """
    seen = measured.covered & (measured.label != NONE)
    found = {"emission": np.where(measured.covered, measured.probabilities[:, EMISSION].sum(axis=1), np.nan)}
    for name in FIGURES:
        values: Floats = getattr(measured.measures, name)
        found[name] = np.where(seen if name in OF_A_LINE else measured.covered, values, np.nan)
    if measured.redshift is not None and measured.margin is not None:
        found |= {"redshift": measured.redshift, "redshift_margin": measured.margin}
    return found


def answers(names: Sequence[str], measured: Measured, line: str) -> list[Json]:
    """Return the answer for each spectrum.

    Parameters
    ----------
    names : sequence of str
        Of the spectra.
    measured : Measured
        The chunk.
    line : str
        Name of the line whose profile was measured.

    Returns
    -------
    list of Json
        ``name``, ``line``, ``label`` and ``probabilities`` of the profile, its figures, and ``lines``: all
        that were found. A spectrum that does not cover the line has ``covered`` false and no label.
    """
    figures = {name: _plain(values) for name, values in columns_of(measured).items()}
    lines = lines_of(measured)
    found: list[Json] = []
    for row, name in enumerate(names):
        answer: Json = {"name": name, "line": line, "covered": bool(measured.covered[row])}
        if measured.covered[row]:
            shares = measured.probabilities[row].tolist()
            answer |= {
                "label": CLASSES[int(measured.label[row])],
                "probabilities": dict(zip(CLASSES, shares, strict=True)),
            }
        else:
            answer["label"] = None
        answer |= {key: values[row] for key, values in figures.items()}
        if lines is not None:
            answer["lines"] = lines[row]
        found.append(answer)
    return found


def lines_of(measured: Measured) -> list[list[Json]] | None:
    """Return the lines of every row, None where none were looked for."""
    if measured.found is None or measured.identified is None:
        return None
    found = measured.found
    told: list[list[Json]] = [[] for _ in measured.covered]
    columns = zip(
        found.row.tolist(),
        identification.names(measured.identified),
        found.wavelength.tolist(),
        found.ew.tolist(),
        found.ew_error.tolist(),
        found.peak.tolist(),
        found.fwhm.tolist(),
        found.snr.tolist(),
        strict=True,
    )
    for row, name, wavelength, ew, error, peak, fwhm, snr in columns:
        told[row].append(
            {
                "line": name or None,
                "wavelength": wavelength,
                "ew": ew,
                "ew_error": error,
                "peak": peak,
                "fwhm": fwhm,
                "snr": snr,
            }
        )
    return told


def _plain(values: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
