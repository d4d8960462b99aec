"""The recipe that methods use where the person gives none."""

from __future__ import annotations

from typing import Any

#: The Hα window of Škoda, Podsztavek & Tvrdík (2020, A&A 643, A122): 140 points, 6519–6732 Å in vacuum, each
#: spectrum scaled to [−1, 1]. LAMOST, SDSS, MILES and Ondřejov spectra all cover it.
HALPHA_WINDOW: dict[str, Any] = {
    "schema": 1,
    "steps": [
        {"step": "cutout", "minimum": 6519.0, "maximum": 6732.0},
        {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140},
        {"step": "scale", "method": "minmax"},
    ],
}
