"""The detectors of a model together: fitted to one sample, scoring the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.outliers.detectors.cooccurrence import LeafSharing
from deepaas_plugins.methods.outliers.detectors.density import LocalDensity
from deepaas_plugins.methods.outliers.detectors.isolation import IsolationTrees
from deepaas_plugins.methods.outliers.detectors.reconstruction import Reconstruction
from deepaas_plugins.methods.outliers.parameters import DETECTORS
from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import Frame, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

Arrays = dict[str, npt.NDArray[Any]]
FloatArray = npt.NDArray[np.float64]


class Detector(Protocol):
    """Gives rows a score: the larger, the odder."""

    def score(self, rows: Rows) -> FloatArray:
        """Return the score of each row, shape (rows,).

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        ...

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        ...


@dataclass(frozen=True)
class Fitted:
    """Detectors by name, in the order of `DETECTORS`.

    Attributes
    ----------
    detectors
        Those that are switched on.
    sample_scores
        Scores of the sample that are better known than `Detector.score` says: a row is no neighbour of its
        own.
    """

    detectors: dict[str, Detector]
    sample_scores: dict[str, FloatArray]


def fit(sample: Rows, frame: Frame, residuals: Reconstruction, params: Json, run: Run) -> Fitted:
    """Fit the detectors that are switched on.

    Parameters
    ----------
    sample : Rows
        In the frame.
    frame : Frame
        Has the scatter of the columns.
    residuals : Reconstruction
        By the principal axes of all rows: the detector ``pca``.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress; asked whether to stop before each detector.

    Returns
    -------
    Fitted
        In the order of `DETECTORS`.

    Raises
    ------
    InvalidInput
        There are not more rows than neighbours.
    Cancelled
        The run was asked to stop.
    """
    made: dict[str, Detector] = {}
    own: dict[str, FloatArray] = {}
    wanted = [name for name in DETECTORS if params[name]]
    for number, name in enumerate(wanted):
        run.stop_if_cancelled()
        run.progress(number, len(wanted), "fit", DETECTORS[name].lower())
        if name == "lof":
            made[name], own[name] = LocalDensity.fit(sample.values, params["neighbours"])
        elif name == "pca":
            made[name] = residuals
        else:
            made[name] = _FITS[name](sample, frame, params, run)
    run.progress(len(wanted), len(wanted), "fit")
    return Fitted(made, own)


def _isolation(sample: Rows, _frame: Frame, params: Json, _run: Run) -> Detector:
    rows, seed = params["isolation_rows"], params["seed"]
    return IsolationTrees.fit(sample.values, trees=params["trees"], rows=rows, seed=seed)


def _forest(sample: Rows, _frame: Frame, params: Json, _run: Run) -> Detector:
    rows, seed = params["forest_rows"], params["seed"]
    return LeafSharing.fit(sample.values, trees=params["trees"], rows=rows, seed=seed)


def _autoencoder(sample: Rows, frame: Frame, params: Json, run: Run) -> Detector:
    def tell(epoch: int, loss: float) -> None:
        run.stop_if_cancelled()
        run.metric("autoencoder_loss", loss, epoch)

    latent = min(params["latent"], max(sample.values.shape[1] // 2, 1))
    coder = Autoencoder.fit(
        sample, frame.scatter, latent=latent, epochs=params["epochs"], seed=params["seed"], tell=tell
    )
    return Reconstruction.fit(coder, sample)


_FITS: dict[str, Callable[[Rows, Frame, Json, Run], Detector]] = {
    "isolation_forest": _isolation,
    "random_forest": _forest,
    "autoencoder": _autoencoder,
}


def of_arrays(name: str, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Detector:
    """Return a detector of saved arrays.

    Parameters
    ----------
    name : str
        Key of `DETECTORS`.
    arrays : mapping
        What `Detector.arrays` returned.
    columns : int
        Of the model.

    Returns
    -------
    Detector
        Checked.

    Raises
    ------
    ValueError
        The arrays are none of this detector, or of other columns.
    """
    if name == "isolation_forest":
        return IsolationTrees.of_arrays(arrays, columns)
    if name == "lof":
        return LocalDensity.of_arrays(arrays, columns)
    if name == "random_forest":
        return LeafSharing.of_arrays(arrays, columns)
    if name == "autoencoder":
        return Reconstruction.of_arrays(arrays, columns, Autoencoder)
    return Reconstruction.of_arrays(arrays, columns, PrincipalAxes)
