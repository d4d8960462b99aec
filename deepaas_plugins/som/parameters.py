"""Parameters of training and prediction, as forms show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from deepaas_plugins.som.decay import KINDS
from deepaas_plugins.som.grid import NEIGHBOURHOODS, TOPOLOGIES

#: Most cells along a side: the neighbourhood costs cells² per epoch.
LARGEST_SIDE = 200
ALGORITHMS = ("batch", "online")
INITIALISATIONS = ("pca", "random")
DISTANCES = ("euclidean", "cosine")
SEARCHES = ("full", "probing")


def _about(title: str, description: str, unit: str = "", *, basic: bool = False) -> dict[str, str]:
    return {
        "title": title,
        "description": description,
        "unit": unit,
        "group": "basic" if basic else "advanced",
    }


def _choice(choices: Sequence[str], default: str | None, about: Mapping[str, str]) -> fields.String:
    return fields.String(
        load_default=default,
        allow_none=default is None,
        validate=validate.OneOf(choices),
        metadata=dict(about),
    )


def _side(title: str) -> fields.Integer:
    return fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, LARGEST_SIDE),
        metadata=_about(
            title, "Empty: a square map with about 5√N cells for N spectra.", "cells", basic=True
        ),
    )


class TrainParameters(Schema):
    """What a map can be trained with."""

    columns = _side("Map width")
    rows = _side("Map height")
    topology = _choice(
        TOPOLOGIES,
        "hexagonal",
        _about(
            "Topology",
            "How cells touch: six neighbours at equal distance, or eight on a square grid.",
            basic=True,
        ),
    )
    epochs = fields.Integer(
        load_default=20,
        validate=validate.Range(1, 10_000),
        metadata=_about("Epochs", "Passes over all spectra.", basic=True),
    )
    algorithm = _choice(
        ALGORITHMS,
        "batch",
        _about(
            "Algorithm",
            "batch: all spectra move the map together once an epoch; fast, any number of spectra. online: "
            "one spectrum after the other (MiniSom's own training); slow, and all must fit into memory.",
        ),
    )
    initialisation = _choice(
        INITIALISATIONS,
        "pca",
        _about(
            "Initialisation",
            "pca: the plane of the two first principal components. random: spectra picked at random.",
        ),
    )
    distance = _choice(
        DISTANCES,
        "euclidean",
        _about("Distance", "euclidean, or cosine: the angle between spectra, blind to their overall level."),
    )
    neighbourhood = _choice(
        NEIGHBOURHOODS,
        "gaussian",
        _about(
            "Neighbourhood",
            "gaussian: fades with distance. bubble: whole inside the radius, nothing outside.",
        ),
    )
    radius = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 1000, min_inclusive=False),
        metadata=_about(
            "Radius at the start",
            "How far on the map a spectrum pulls in the first epoch. Empty: half of the shorter side.",
            "cells",
        ),
    )
    radius_end = fields.Float(
        load_default=1.0,
        validate=validate.Range(0, 1000, min_inclusive=False),
        metadata=_about(
            "Radius at the end",
            "In the last epoch. Below 1 the map fits spectra more closely and orders them less.",
            "cells",
        ),
    )
    radius_decay = _choice(
        KINDS, "linear", _about("Decay of the radius", "How the radius goes from start to end.")
    )
    learning_rate = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 1, min_inclusive=False),
        metadata=_about(
            "Learning rate",
            "How far a cell goes towards its new place in a step. Empty: 1 for batch, 0.5 for online.",
        ),
    )
    learning_rate_end = fields.Float(
        load_default=0.01,
        validate=validate.Range(0, 1, min_inclusive=False),
        metadata=_about("Learning rate at the end", "In the last epoch, unless it is constant."),
    )
    learning_rate_decay = _choice(
        KINDS,
        None,
        _about("Decay of the learning rate", "Empty: constant for batch, linear for online."),
    )
    bmu_search = _choice(
        SEARCHES,
        "full",
        _about(
            "Search of the nearest cell",
            "full: all cells. probing (batch only): climbs from the cell of the last epoch over its "
            "neighbours; approximate, and pays only on very large maps.",
        ),
    )
    probing_steps = fields.Integer(
        load_default=10,
        validate=validate.Range(1, 1000),
        metadata=_about("Probing steps", "Most steps of a probing search."),
    )
    seed = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**32 - 1),
        metadata=_about("Seed", "Of random choices: the same seed on the same machine gives the same map."),
    )
    threads = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1024),
        metadata=_about("Threads", "Of the matrix products. Empty: all processors of the job."),
    )
    outliers = fields.Integer(
        load_default=50,
        validate=validate.Range(0, 10_000),
        metadata=_about("Outliers shown", "Spectra in the table of those farthest from their cell."),
    )
    component_planes = fields.Integer(
        load_default=12,
        validate=validate.Range(0, 200),
        metadata=_about("Component planes", "Maps of the prototypes' values at evenly spaced columns."),
    )
    plane_wavelengths = fields.List(
        fields.Float(),
        load_default=list,
        validate=validate.Length(max=200),
        metadata=_about(
            "Wavelengths of component planes", "More component planes, at these wavelengths.", "Å"
        ),
    )

    @validates_schema
    def _fit_together(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse combinations that would silently do something else."""
        if data["algorithm"] == "online" and data["bmu_search"] == "probing":
            raise ValidationError("probing is a search of the batch algorithm.", "bmu_search")
        if data["radius"] is not None and data["radius"] < data["radius_end"]:
            raise ValidationError("must not be less than radius_end.", "radius")


class PredictParameters(Schema):
    """What a prediction can be asked with."""

    outlier_quantile = fields.Float(
        load_default=0.99,
        validate=validate.Range(0, 1),
        metadata=_about(
            "Outlier quantile",
            "A spectrum farther from its cell than this share of the training spectra were is an outlier.",
        ),
    )
