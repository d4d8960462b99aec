"""Valid orders of steps."""

from __future__ import annotations

from collections.abc import Sequence

from spectra.steps.step import RecipeError, Step


def check_order(steps: Sequence[Step]) -> None:
    """Reject recipes in which a step cannot follow another.

    Raises
    ------
    RecipeError
        A step that needs wavelengths comes after one that leaves none, or one that needs the same columns for
        every spectrum comes before the resampling that provides them, or grids are made different after it.
    """
    last_resample = max((i for i, step in enumerate(steps) if step.name == "resample"), default=-1)
    blind: str | None = None
    for index, step in enumerate(steps):
        if blind is not None and step.domain == "spectral":
            raise RecipeError(
                step.name,
                None,
                f"needs wavelengths, but after {blind} the columns are none; put it before {blind}",
                index,
            )
        if step.domain == "matrix" and index < last_resample:
            raise RecipeError(
                step.name,
                None,
                "needs the same columns for every spectrum; put it after the last resample step",
                index,
            )
        if step.name == "rest_frame" and index > last_resample:
            raise RecipeError(
                step.name, None, "gives every spectrum a grid of its own; put a resample step after it", index
            )
        if blind is None and not step.leaves_wavelengths:
            blind = step.name
