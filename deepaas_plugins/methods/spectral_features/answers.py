"""What models of classes answer, and the check of what they are asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.spectral_features.decision_rule import Decision

FloatArray = npt.NDArray[np.float64]

MOST_PROBABLE = Decision()


def check_columns(found: int, expected: int) -> None:
    """Check the length of prepared spectra.

    Raises
    ------
    InvalidInput
        They have another number of columns than the model was trained on.
    """
    if found != expected:
        raise InvalidInput(f"The spectra have {found} features, the model was trained on {expected}.")


def of_classes(
    names: Sequence[str],
    probabilities: FloatArray,
    classes: Sequence[str],
    *,
    decision: Decision = MOST_PROBABLE,
    calibrated: bool,
    with_probabilities: bool,
) -> list[Json]:
    """Return the answer for each row.

    Parameters
    ----------
    names : sequence of str
        Of the spectra.
    probabilities : ndarray
        Shape (rows, classes).
    classes : sequence of str
        Names of the classes, in their order.
    decision : Decision
        Which class is answered.
    calibrated, with_probabilities : bool
        What the answer says of the probabilities, and whether it has them.

    Returns
    -------
    list of Json
        ``name``, ``label``, ``calibrated``; ``probabilities`` and ``value`` where asked and ordered.
    """
    winners, scale = decision.winners(probabilities), decision.scale
    results: list[Json] = []
    for name, winner, row in zip(names, winners, probabilities.tolist(), strict=True):
        result: Json = {"name": name, "label": classes[winner]}
        if with_probabilities:
            result["probabilities"] = dict(zip(classes, row, strict=True))
        if scale is not None:
            result["value"] = float(scale[winner])
        result["calibrated"] = calibrated
        results.append(result)
    return results
