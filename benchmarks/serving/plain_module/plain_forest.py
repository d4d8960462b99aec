"""The forest as modules for upstream's server are usually written: scikit-learn's own, asked for one file.

It reads and prepares with `spectra` and loads the same model as `rdf` does; only the trees are asked by
scikit-learn.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from webargs import fields

import spectra


def get_metadata() -> dict[str, str]:
    """Introduce the module."""
    return {"name": "plain-forest", "author": "Huggins", "description": "A forest", "license": "Apache-2.0"}


def warm() -> None:
    """Load the model."""
    _model()


@cache
def _model() -> tuple[Any, spectra.Recipe]:
    import skops.io  # noqa: PLC0415 - heavy, and only the worker needs it

    folder = Path(os.environ["HUGGINS_MODEL"])
    forest = skops.io.load(folder / "forest.skops", trusted=["sklearn.tree._tree.Tree"])
    return forest.set_params(n_jobs=None), spectra.Recipe.load(folder / "recipe")


def get_predict_args() -> dict[str, Any]:
    """Take one file."""
    return {"data": fields.Raw(required=True, metadata={"type": "file", "location": "form"})}


def predict(data: Any) -> dict[str, Any]:
    """Tell the class of a spectrum with its probability."""
    forest, recipe = _model()
    (batch,) = recipe.prepare(spectra.iter_spectra(data.filename))
    Path(data.filename).unlink()
    (row,) = forest.predict_proba(batch.flux).tolist()
    return {"class": int(forest.classes_[row.index(max(row))]), "probabilities": row}
