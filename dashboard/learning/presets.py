"""Settings of sessions that were published, to start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The setting of Škoda, Podsztavek & Tvrdík (2020, A&A 643, A122): 140 points about Hα, each spectrum scaled
#: to [−1, 1]; a Gaussian brings spectra of a high resolution (Ondřejov) to that of LAMOST; a convolutional
#: network, trained with SMOTE, finds the most uncertain spectra by entropy. Every reader gives vacuum.
HALPHA_2020: Mapping[str, Any] = {
    "name": "halpha_2020",
    "title": "Emission and double-peaked Hα (Škoda et al. 2020)",
    "classes": ["other", "single peak", "double peak"],
    "settings": {
        "targets": ["single peak", "double peak"],
        "module": "cnn",
        "parameters": {"architecture": "published", "batch_size": 64, "oversampling": "smote"},
        "recipe": {
            "schema": 1,
            "steps": [
                {"step": "degrade", "resolution": 1800.0},
                {"step": "cutout", "minimum": 6519.0, "maximum": 6732.0},
                {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140},
                {"step": "scale", "method": "minmax"},
            ],
        },
        "strategy": "entropy",
        "batch": 100,
        "performance": 50,
        "recall": 40,
        "rejection": "reconstruction",
        "stop": {"precision": 0.8},
    },
}

PRESETS: Mapping[str, Mapping[str, Any]] = {str(HALPHA_2020["name"]): HALPHA_2020}
