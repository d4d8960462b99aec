"""A spectrum as it goes into a platform and comes out of it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Spectrum:
    """A spectrum.

    Parameters
    ----------
    wavelength : sequence of float
        Å, in vacuum, ascending; a list or an array of shape (n,).
    flux : sequence of float
        Shape (n,).
    error : sequence of float, optional
        One standard deviation, shape (n,).
    mask : sequence of bool, optional
        True where a point is bad, shape (n,).
    name, label : str
        What it is called; its class, empty: none.
    """

    wavelength: Sequence[float] = field(repr=False)
    flux: Sequence[float] = field(repr=False)
    error: Sequence[float] | None = field(default=None, repr=False)
    mask: Sequence[bool] | None = field(default=None, repr=False)
    name: str = ""
    label: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as deployments take it."""
        told: dict[str, Any] = {"wavelength": _plain(self.wavelength), "flux": _plain(self.flux)}
        if self.error is not None:
            told["ivar"] = [1.0 / e**2 if e and math.isfinite(e) else 0.0 for e in map(float, self.error)]
        if self.mask is not None:
            told["mask"] = [bool(one) for one in self.mask]
        return {**told, **({"name": self.name} if self.name else {})}

    def to_csv(self) -> bytes:
        """Return it as a file that a dataset takes."""
        columns = {"wavelength": self.wavelength, "flux": self.flux}
        if self.error is not None:
            columns["error"] = self.error
        text = io.StringIO()
        text.write("# wavelength unit: Angstrom, vacuum\n")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows(zip(*(map(float, column) for column in columns.values()), strict=True))
        return text.getvalue().encode()

    @classmethod
    def read_csv(cls, text: str) -> Iterator[Spectrum]:
        """Yield the spectra of a platform's export."""
        rows: dict[tuple[str, str], list[dict[str, str]]] = {}
        for row in csv.DictReader(io.StringIO(text)):
            rows.setdefault((row["name"], row["label"]), []).append(row)
        for (name, label), points in rows.items():
            axis = "wavelength_angstrom" if "wavelength_angstrom" in points[0] else "column"
            yield cls(
                wavelength=[float(point[axis]) for point in points],
                flux=[float(point["flux"] or "nan") for point in points],
                error=_column(points, "error"),
                mask=[point["mask"] == "1" for point in points] if points[0].get("mask") else None,
                name=name,
                label=label,
            )


def _column(points: list[dict[str, str]], name: str) -> list[float] | None:
    if not any(point.get(name) for point in points):
        return None
    return [float(point[name] or "nan") for point in points]


def _plain(values: Sequence[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in map(float, values)]
