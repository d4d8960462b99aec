"""Parameters of training and prediction, as forms show them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, validate, validates_schema

from deepaas_plugins.methods.som.map.decay import KINDS
from deepaas_plugins.methods.som.map.grid import NEIGHBOURHOODS, TOPOLOGIES
from spectra.steps.parameters import choice, integer, number, numbers

#: Most cells along a side: the neighbourhood costs cells² per epoch.
LARGEST_SIDE = 200
_SIDE = "Empty: a square map with about 5√N cells for N spectra."


class TrainParameters(Schema):
    """Parameters of training."""

    columns = integer("Map width", _SIDE, None, minimum=1, maximum=LARGEST_SIDE, unit="cells")
    rows = integer("Map height", _SIDE, None, minimum=1, maximum=LARGEST_SIDE, unit="cells")
    topology = choice(
        "Topology",
        "How cells touch: six neighbours at equal distance, or eight on a square grid.",
        TOPOLOGIES,
        "hexagonal",
    )
    epochs = integer("Epochs", "Passes over all spectra.", 20, minimum=1, maximum=10_000)
    algorithm = choice(
        "Algorithm",
        "batch: all spectra move the map together once an epoch; fast, any number of spectra. online: one "
        "spectrum after the other (MiniSom's own training); slow, and all must fit into memory.",
        ("batch", "online"),
        "batch",
        advanced=True,
    )
    initialisation = choice(
        "Initialisation",
        "pca: the plane of the two first principal components. random: spectra picked at random.",
        ("pca", "random"),
        "pca",
        advanced=True,
    )
    distance = choice(
        "Distance",
        "euclidean, or cosine: the angle between spectra, blind to their overall level.",
        ("euclidean", "cosine"),
        "euclidean",
        advanced=True,
    )
    neighbourhood = choice(
        "Neighbourhood",
        "gaussian: fades with distance. bubble: whole inside the radius, nothing outside.",
        NEIGHBOURHOODS,
        "gaussian",
        advanced=True,
    )
    radius = number(
        "Radius at the start",
        "How far on the map a spectrum pulls in the first epoch. Empty: half of the shorter side.",
        None,
        above=0.0,
        maximum=1000.0,
        unit="cells",
        advanced=True,
    )
    radius_end = number(
        "Radius at the end",
        "In the last epoch. Below 1 the map fits spectra more closely and orders them less.",
        1.0,
        above=0.0,
        maximum=1000.0,
        unit="cells",
        advanced=True,
    )
    radius_decay = choice(
        "Decay of the radius", "How the radius goes from start to end.", KINDS, "linear", advanced=True
    )
    learning_rate = number(
        "Learning rate",
        "How far a cell goes towards its new place in a step. Empty: 1 for batch, 0.5 for online.",
        None,
        above=0.0,
        maximum=1.0,
        advanced=True,
    )
    learning_rate_end = number(
        "Learning rate at the end",
        "In the last epoch, unless it is constant.",
        0.01,
        above=0.0,
        maximum=1.0,
        advanced=True,
    )
    learning_rate_decay = choice(
        "Decay of the learning rate",
        "Empty: constant for batch, linear for online.",
        KINDS,
        None,
        advanced=True,
    )
    bmu_search = choice(
        "Search of the nearest cell",
        "full: all cells. probing (batch only): climbs from the cell of the last epoch over its neighbours; "
        "approximate, and pays only on very large maps.",
        ("full", "probing"),
        "full",
        advanced=True,
    )
    probing_steps = integer(
        "Probing steps", "Most steps of a probing search.", 10, minimum=1, maximum=1000, advanced=True
    )
    seed = integer(
        "Seed",
        "Of random choices: the same seed on the same machine gives the same map.",
        0,
        minimum=0,
        maximum=2**32 - 1,
        advanced=True,
    )
    threads = integer(
        "Threads",
        "Of the matrix products. Empty: all processors of the job.",
        None,
        minimum=1,
        maximum=1024,
        advanced=True,
    )
    outliers = integer(
        "Outliers shown",
        "Spectra in the table of those farthest from their cell.",
        50,
        minimum=0,
        maximum=10_000,
        advanced=True,
    )
    component_planes = integer(
        "Component planes",
        "Maps of the prototypes' values at evenly spaced columns.",
        12,
        minimum=0,
        maximum=200,
        advanced=True,
    )
    plane_wavelengths = numbers(
        "Wavelengths of component planes",
        "More component planes, at these wavelengths.",
        None,
        unit="Å",
        advanced=True,
        validators=[validate.Length(max=200)],
    )

    @validates_schema
    def _fit_together(self, data: dict[str, Any], **_: Any) -> None:
        """Reject combinations of which a part would have no effect."""
        if data["algorithm"] == "online" and data["bmu_search"] == "probing":
            raise ValidationError("probing is a search of the batch algorithm.", "bmu_search")
        if data["radius"] is not None and data["radius"] < data["radius_end"]:
            raise ValidationError("must not be less than radius_end.", "radius")


class PredictParameters(Schema):
    """Parameters of prediction."""

    outlier_quantile = number(
        "Outlier quantile",
        "A spectrum farther from its cell than this share of the training spectra were is an outlier.",
        0.99,
        minimum=0.0,
        maximum=1.0,
    )
