"""Read spectra of any common format, prepare them by recipes, keep them as feature sets.

No web, no containers; imports nothing else of Huggins. A module imports those below it, never those above:

``inspection``  what a file holds and how it is read, for a person who wonders about it
``parts``, ``preparation``  from a folder or archive to a feature set: `prepare`, in one go or in parts
``batches``, ``processes``, ``portion``  what is read next, in this process or in several
``features``   feature sets: Parquet, written and read in chunks; import and export of others' formats
``recipe``     `Recipe`: steps applied to spectra or to matrices
``steps``      the steps themselves: ``axis``, ``flux``, ``columns``
``reading``    every format into `Spectrum`: `read`, `iter_spectra`
``rejection``, ``batch``, ``spectrum``  a spectrum left out, a matrix of rows, a spectrum

Start reading at ``spectrum``, then ``reading`` or ``recipe``; ``preparation`` ties them together.

`import spectra` is cheap: what is named here is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spectra.fault import Fault
from spectra.spectrum import Source, Spectrum, SpectrumList, SpectrumMeta, UnreadableSpectrum

if TYPE_CHECKING:
    from spectra.batch import Batch
    from spectra.batches import NotInParts, Part
    from spectra.features.exchange import export_features, import_features
    from spectra.features.feature_set import FeatureSet
    from spectra.features.fitting import prepared_for
    from spectra.features.layout import FeatureSetError
    from spectra.features.writer import FeatureSetWriter
    from spectra.parts import join_parts, prepare_part
    from spectra.preparation import NothingPrepared, Prepared, prepare
    from spectra.reading.formats import FORMATS
    from spectra.reading.original import original
    from spectra.reading.walk import iter_spectra, read
    from spectra.recipe import Recipe
    from spectra.rejection import Rejection
    from spectra.steps import STEPS, describe_steps
    from spectra.steps.difference import recipe_difference
    from spectra.steps.parameters import describe_schema
    from spectra.steps.step import RecipeError

__all__ = [
    "FORMATS",
    "STEPS",
    "Batch",
    "Fault",
    "FeatureSet",
    "FeatureSetError",
    "FeatureSetWriter",
    "NotInParts",
    "NothingPrepared",
    "Part",
    "Prepared",
    "Recipe",
    "RecipeError",
    "Rejection",
    "Source",
    "Spectrum",
    "SpectrumList",
    "SpectrumMeta",
    "UnreadableSpectrum",
    "describe_schema",
    "describe_steps",
    "export_features",
    "import_features",
    "iter_spectra",
    "join_parts",
    "original",
    "prepare",
    "prepare_part",
    "prepared_for",
    "read",
    "recipe_difference",
]

_HOMES = {
    "FORMATS": "spectra.reading.formats",
    "STEPS": "spectra.steps",
    "Batch": "spectra.batch",
    "FeatureSet": "spectra.features.feature_set",
    "FeatureSetError": "spectra.features.layout",
    "FeatureSetWriter": "spectra.features.writer",
    "Recipe": "spectra.recipe",
    "RecipeError": "spectra.steps.step",
    "Rejection": "spectra.rejection",
    "NotInParts": "spectra.batches",
    "NothingPrepared": "spectra.preparation",
    "Part": "spectra.batches",
    "join_parts": "spectra.parts",
    "prepare_part": "spectra.parts",
    "Prepared": "spectra.preparation",
    "prepare": "spectra.preparation",
    "describe_schema": "spectra.steps.parameters",
    "describe_steps": "spectra.steps",
    "export_features": "spectra.features.exchange",
    "import_features": "spectra.features.exchange",
    "iter_spectra": "spectra.reading.walk",
    "prepared_for": "spectra.features.fitting",
    "recipe_difference": "spectra.steps.difference",
    "original": "spectra.reading.original",
    "read": "spectra.reading.walk",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'spectra' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
