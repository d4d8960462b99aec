"""The name of a spectrum in labels, which stays right when its dataset is read again."""

from __future__ import annotations

import json
from dataclasses import dataclass

from dashboard.data.dataset import SpectrumLocation, SpectrumRow


@dataclass(frozen=True)
class SpectrumKey:
    """A spectrum of a dataset.

    Attributes
    ----------
    row : int
        Its number in the dataset, when it was written down.
    location : SpectrumLocation
        File, HDU and row of the file: the spectrum that is meant, whatever its number is now.
    name : str
        For people.
    sha256 : str or None
        Of its file, by which a renamed file is found.
    """

    row: int
    location: SpectrumLocation
    name: str = ""
    sha256: str | None = None

    @property
    def text(self) -> str:
        """The location as it is stored: equal for the same spectrum."""
        return location_text(self.location)

    @classmethod
    def of(cls, row: SpectrumRow, sha256: str | None = None) -> SpectrumKey:
        """Return the key of a row of a dataset."""
        return cls(row.number, SpectrumLocation(row.path, row.hdu, row.row), row.name, sha256)


def location_text(location: SpectrumLocation) -> str:
    """Return a location as text."""
    return json.dumps([location.path, location.hdu, location.row], ensure_ascii=False)


def location_of(text: str) -> SpectrumLocation:
    """Return the location of a text that `location_text` made."""
    path, hdu, row = json.loads(text)
    return SpectrumLocation(path, hdu, row)
