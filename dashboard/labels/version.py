"""An immutable version of a label set, and its labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dashboard.labels.spectrum_key import SpectrumKey


@dataclass(frozen=True)
class LabelVersion:
    """A row of `label_versions`: what the log says up to its event `last_event`."""

    id: str
    label_set: str
    number: int
    parent: str | None
    last_event: int
    sha256: str
    counts: Mapping[str, Any]
    note: str
    creator: str
    created: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class VersionLabel:
    """The label of one spectrum in a version."""

    spectrum: SpectrumKey
    label: str


def digest(labels: Iterable[VersionLabel]) -> str:
    """Return the SHA-256 of labels: the same for the same classes of the same spectra."""
    found = hashlib.sha256()
    for line in sorted(f"{one.spectrum.text}\t{one.label}\n" for one in labels):
        found.update(line.encode("utf-8", "surrogatepass"))
    return found.hexdigest()
