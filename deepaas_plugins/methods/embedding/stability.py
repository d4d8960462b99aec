"""What stays the same when only the seed changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.embedding import quality
from deepaas_plugins.methods.embedding.layouts import OPTIMISED, LatentPlane
from deepaas_plugins.methods.embedding.parameters import LAYOUTS
from deepaas_plugins.methods.embedding.space import Space
from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows

#: Rows that are laid out again and again.
ROWS = 1000


@dataclass(frozen=True)
class Stability:
    """Agreement of layouts by several seeds, means over their pairs.

    Attributes
    ----------
    overlap
        Share of the ten nearest neighbours on the plane that two runs have in common.
    disparity
        Of `quality.disparity`.
    """

    overlap: float
    disparity: float


def measure(names: Sequence[str], space: Space, sample: Rows, params: Json, run: Run) -> dict[str, Stability]:
    """Lay some rows out by several seeds.

    Parameters
    ----------
    names : sequence of str
        Layouts that depend on a seed.
    space : Space
        Where distances are measured.
    sample : Rows
        At most `ROWS` of them are laid out.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress and metrics; asked whether to stop before each layout.

    Returns
    -------
    dict
        By layout; empty with fewer than two runs.
    """
    runs = params["stability_runs"]
    if runs < 2:
        return {}
    some = np.unique(np.linspace(0, len(sample) - 1, ROWS).astype(int))
    rows = Rows(sample.values[some], sample.known[some])
    vectors = space.vectors(rows)
    found: dict[str, Stability] = {}
    for number, name in enumerate(names):
        planes: list[Matrix] = []
        for seed in range(runs):
            run.stop_if_cancelled()
            run.progress(number * runs + seed, len(names) * runs, "stability", LAYOUTS[name])
            planes.append(_plane(name, rows, vectors, space, params | {"seed": params["seed"] + seed}))
        found[name] = _agreement(planes)
        run.metric(f"{name}_stability", found[name].overlap)
    run.progress(1, 1, "stability")
    return found


def _plane(name: str, rows: Rows, vectors: Matrix, space: Space, params: Json) -> Matrix:
    if name in OPTIMISED:
        return OPTIMISED[name](vectors, params, params["seed"])
    coder = Autoencoder.fit(
        rows,
        space.frame.scatter,
        latent=params["latent"],
        epochs=params["epochs"],
        seed=params["seed"],
        tell=_silent,
    )
    return LatentPlane.fit(coder, rows).of_rows(rows)


def _silent(_epoch: int, _loss: float) -> None:
    """Tell nobody of an epoch."""


def _agreement(planes: Sequence[Matrix]) -> Stability:
    nearest = [quality.neighbours(plane, quality.NEAREST) for plane in planes]
    overlap = [quality.kept(one, other) for one, other in combinations(nearest, 2)]
    disparity = [quality.disparity(one, other) for one, other in combinations(planes, 2)]
    return Stability(float(np.mean(overlap)), float(np.mean(disparity)))
