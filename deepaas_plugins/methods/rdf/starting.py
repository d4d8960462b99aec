"""A forest that goes on from another: its trees stay, new ones are added."""

from __future__ import annotations

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.methods.rdf.model import ForestModel


def start_forest(start: Model | None, params: Json) -> ForestModel | None:
    """Return the forest that a training starts from.

    Parameters
    ----------
    start : Model or None
        As `Method.train` gets it.
    params : Json
        Of `TrainSchema`.

    Returns
    -------
    ForestModel or None
        None where the training starts from nothing.

    Raises
    ------
    InvalidInput
        It is no forest, or a test set is asked for: the forest may have learned from its spectra.
    """
    if start is None:
        return None
    if not isinstance(start, ForestModel):
        raise InvalidInput("The start model is no forest.")
    if params["test_fraction"]:
        raise InvalidInput(
            "Parameter test_fraction: the start model may have learned from spectra of a test set. Set it "
            "to 0, and judge the model by predicting spectra that neither has seen."
        )
    return start
