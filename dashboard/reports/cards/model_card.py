"""The card of a model: made of its record, completed by what its owner writes.

The sections are those of Mitchell et al. (2019), Model Cards for Model Reporting, FAT* '19, section 4, as far
as a platform can know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catalog import Module
from dashboard.models.model import Model
from dashboard.reports.reading_order import COUNTS, ordered_metrics
from dashboard.reports.recipe_steps import recipe_steps

UNCALIBRATED = "Its probabilities are not calibrated: they rank, and do not say how often it is right."
SYNTHETIC = "It was trained on synthetic spectra: how it does on observed ones is not known."
NOT_VALIDATED = (
    "It was not validated on spectra that it did not see: its metrics are those of its training set."
)
TRAINING = ("name", "count", "sha256", "synthetic", "labels")
IN_ONE_ROW = 12  # classes that are named in a sentence


@dataclass(frozen=True)
class ModelCard:
    """What the card says.

    Attributes
    ----------
    name, id, module, module_version, created : str
        Of the model.
    description, intended_use : str
        Markdown; the owner's, else made of the record.
    limitations : tuple of str
        What follows from the record, such as probabilities that are not calibrated.
    more_limitations : str
        Markdown; what the owner adds.
    classes : tuple of str
        Empty for models of numbers.
    steps : tuple of dict
        The recipe, as pages show it: ``{"title", "facts"}``.
    wavelength : tuple of float or None
        Least and greatest wavelength, Å in vacuum; None: as the spectra come.
    training : Mapping
        ``name``, ``count``, ``sha256``, ``synthetic`` and ``labels`` of the training set, as far as known.
    metrics : Mapping
        In reading order, without counts.
    parameters : Mapping
        Of the training.
    doi : str
        Of the model; empty: it has none.
    aliases : tuple of str
        Such as ``production``.
    references : str
        BibTeX of the method.
    """

    name: str
    id: str
    module: str
    module_version: str
    created: str
    description: str
    intended_use: str
    limitations: tuple[str, ...]
    more_limitations: str
    classes: tuple[str, ...]
    steps: tuple[Mapping[str, Any], ...]
    wavelength: tuple[float, float] | None
    training: Mapping[str, Any]
    metrics: Mapping[str, Any]
    parameters: Mapping[str, Any]
    license: str
    image: str
    sha256: str
    doi: str
    aliases: tuple[str, ...]
    references: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def model_card(model: Model, module: Module | None, headline: tuple[str, ...] = ()) -> ModelCard:
    """Return the card of a model.

    Parameters
    ----------
    model : Model
        Its record.
    module : Module or None
        The module that made it; None where the platform has it no more.
    headline : tuple of str
        Metrics that the module declares as the most telling.
    """
    card, prose = model.card, model.prose
    metrics = ordered_metrics(model.metrics or {}, headline) or {}
    return ModelCard(
        name=model.name,
        id=model.id,
        module=model.module,
        module_version=model.module_version,
        created=model.created,
        description=prose.get("description") or (module.summary if module else ""),
        intended_use=prose.get("intended_use") or _use(model),
        limitations=tuple(_limitations(model)),
        more_limitations=prose.get("limitations", ""),
        classes=tuple(model.classes or ()),
        steps=tuple(recipe_steps(card.get("recipe"))),
        wavelength=_range(card.get("wavelength")),
        training={name: model.input[name] for name in TRAINING if model.input.get(name) is not None},
        metrics={name: value for name, value in metrics.items() if not name.startswith(COUNTS)},
        parameters=_mapping(card.get("parameters")),
        license=module.license if module else "",
        image=model.image,
        sha256=model.sha256,
        doi=prose.get("doi", ""),
        aliases=tuple(model.aliases),
        references=module.citation if module else "",
    )


def _use(model: Model) -> str:
    classes = [str(name) for name in model.classes or ()]
    if not classes:
        return "It answers for spectra like those that it was trained on."
    shown = ", ".join(classes[:IN_ONE_ROW]) + (", …" if len(classes) > IN_ONE_ROW else "")
    return f"It tells {len(classes)} classes of spectra apart: {shown}."


def _limitations(model: Model) -> list[str]:
    card, told = model.card, []
    if model.input.get("synthetic"):
        told.append(SYNTHETIC)
    if model.classes and card.get("calibrated") is False:
        told.append(UNCALIBRATED)
    measured = any(not name.startswith(COUNTS) for name in model.metrics or {})
    if measured and _in_sample(card):
        told.append(NOT_VALIDATED)
    if (covered := _range(card.get("wavelength"))) is not None:
        least, most = covered
        told.append(f"Spectra must cover {least:.0f} to {most:.0f} Å (vacuum); others are rejected.")
    return told


def _in_sample(card: Mapping[str, Any]) -> bool:
    """Return whether the training says that it had no folds."""
    folds = _mapping(card.get("parameters")).get("folds")
    return isinstance(folds, int) and folds < 2


def _range(grid: object) -> tuple[float, float] | None:
    """Return the range of a grid that a module wrote: it may be anything."""
    if not isinstance(grid, list) or not grid:
        return None
    ends = grid[0], grid[-1]
    if not all(isinstance(one, int | float) for one in ends):
        return None
    return float(ends[0]), float(ends[1])


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
