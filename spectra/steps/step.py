"""The protocol of the steps of a recipe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from marshmallow import Schema, ValidationError

from spectra.fault import Fault, Reason
from spectra.spectrum import FloatArray
from spectra.steps.block import Block

#: Gives the feature matrix from the start, in chunks: (rows, n) and a label per row (None: unlabelled).
Chunks = Callable[[], Iterable[tuple[FloatArray, list[str | None]]]]
#: What a fitted step learned: arrays by name, no objects.
State = dict[str, npt.NDArray[Any]]


class RecipeError(ValueError):
    """A recipe is not valid, or cannot be applied to the data.

    Parameters
    ----------
    step
        Name of the step; "" for the recipe as a whole, or a step without a name.
    parameter
        Name of the parameter, or None.
    reason
        What is wrong and what to do.
    index
        Position of the step in the recipe, from 0; None for the recipe as a whole, or a step by itself.
    """

    def __init__(self, step: str, parameter: str | None, reason: str, index: int | None = None) -> None:
        place = step
        if index is not None:
            place = f"step {index + 1} ({step})" if step else f"step {index + 1}"
        place = ", ".join(part for part in (place, f"parameter {parameter}" if parameter else "") if part)
        super().__init__(f"{place}: {reason}" if place else reason)
        self.step = step
        self.parameter = parameter
        self.reason = reason
        self.index = index

    def __reduce__(self) -> tuple[type[RecipeError], tuple[str, str | None, str, int | None]]:
        """Pickle all fields (the default would pass the joined message only)."""
        return (type(self), (self.step, self.parameter, self.reason, self.index))

    def at(self, index: int) -> RecipeError:
        """Return the same error with the position of its step, from 0, in the recipe."""
        return RecipeError(self.step, self.parameter, self.reason, index)


class Step(ABC):
    """One step of a recipe: parameters, checked by a schema, and what it does to a block.

    Attributes
    ----------
    name, title, help
        Key in the recipe's JSON; name and one or two sentences for people.
    schema
        Marshmallow schema of the parameters (`spectra.steps.parameters`).
    domain
        "spectral": the columns must be wavelengths; "matrix": they may be anything, but must be the same for
        all spectra; "any": works row by row on whatever there is.
    needs
        What it uses beside the flux: "ivar", "mask", "redshift".
    fitted
        Whether it learns from data (`FittedStep`).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    schema: ClassVar[type[Schema]]
    domain: ClassVar[Literal["spectral", "matrix", "any"]] = "any"
    needs: ClassVar[frozenset[str]] = frozenset()
    fitted: ClassVar[bool] = False

    def __init__(self, **parameters: Any) -> None:
        """Check the parameters.

        Raises
        ------
        RecipeError
            Unknown, missing, of the wrong type, out of range, or contradicting each other.
        """
        try:
            self.parameters: dict[str, Any] = self.schema().load(parameters)
        except ValidationError as error:
            parameter, reason = _first_message(dict(error.normalized_messages()))  # type: ignore[no-untyped-call]
            raise RecipeError(self.name, parameter, reason) from None
        self.set_up()

    def set_up(self) -> None:  # noqa: B027 - many steps have nothing to derive
        """Derive what the step needs from its checked parameters."""

    def window(self, grid: FloatArray) -> slice:
        """Return the columns of a grid that the step needs; the others need not even be stacked.

        The result of `apply` must be the same with or without the other columns.

        Parameters
        ----------
        grid : ndarray
            Wavelengths in Å, ascending, shape (n,).

        Returns
        -------
        slice
            By default all columns.
        """
        return slice(0, len(grid))

    @property
    def leaves_wavelengths(self) -> bool:
        """Whether the columns of the result are wavelengths if those of the input were."""
        return True

    @abstractmethod
    def apply(self, block: Block) -> Block:
        """Apply the step to all rows of a block; rows to which it cannot be applied are rejected."""

    def spread(self, block: Block) -> list[Block]:
        """Apply the step where one grid may become several (the rest-frame shift)."""
        return [self.apply(block)]

    def to_json(self) -> dict[str, Any]:
        """Return the recipe's entry: the name and all parameters."""
        return {"step": self.name, **self.parameters}


class FittedStep(Step):
    """A step that learns from a feature matrix before it can be applied.

    Attributes
    ----------
    state
        What it learned, or None. The arrays are all there is: saving them saves the step.
    """

    domain = "matrix"
    fitted = True
    state: State | None = None

    @abstractmethod
    def fit(self, chunks: Chunks) -> None:
        """Fit the step to a matrix, which is given in chunks and can be read repeatedly.

        Raises
        ------
        RecipeError
            The matrix cannot be learned from: too few rows, no labels …
        """

    @abstractmethod
    def check_state(self, state: Mapping[str, npt.NDArray[Any]]) -> State:
        """Return a saved state if it is one of this step.

        Raises
        ------
        RecipeError
            Arrays are missing or of shapes that do not fit together.
        """

    def learned(self, columns: int) -> State:
        """Return the state for a matrix of so many columns.

        Raises
        ------
        RecipeError
            Nothing was learned yet, or from another number of columns.
        """
        if self.state is None:
            raise RecipeError(self.name, None, "must be fitted to data before it can be applied (Recipe.fit)")
        fitted_on = self.columns_in()
        if columns != fitted_on:
            raise RecipeError(self.name, None, f"was fitted on {fitted_on} columns, but was given {columns}")
        return self.state

    def only_fitting(self, block: Block) -> Block:
        """Reject rows of another number of columns than it was fitted on."""
        wanted = self.columns_in()
        if block.flux.shape[1] == wanted:
            return block
        return block.reject_all(
            Reason(
                Fault.OTHER_GRID,
                f"it has {block.flux.shape[1]} points where the recipe's {self.name} was fitted on {wanted}; "
                "its grid is another one, and the recipe has no resample step",
            )
        )

    @abstractmethod
    def columns_in(self) -> int:
        """Count the columns that it was fitted on."""

    def require(self, state: Mapping[str, npt.NDArray[Any]], shapes: Mapping[str, int]) -> State:
        """Return the arrays of a saved state.

        Parameters
        ----------
        state : mapping
            Name to array.
        shapes : mapping
            Name to number of dimensions.

        Returns
        -------
        State
            The named arrays.

        Raises
        ------
        RecipeError
            If an array is missing, of another number of dimensions, no number, or not finite.
        """
        for name, dimensions in shapes.items():
            array = state.get(name)
            if array is None or array.ndim != dimensions or array.dtype.kind not in "fiub":
                raise RecipeError(self.name, None, f"its saved state lacks a {dimensions}-dimensional {name}")
            if not np.isfinite(array).all():
                raise RecipeError(self.name, None, f"its saved {name} has values that are not finite")
        return {name: state[name] for name in shapes}


def _first_message(messages: Mapping[str, Any]) -> tuple[str | None, str]:
    name, value = next(iter(messages.items()))
    while isinstance(value, dict):
        value = next(iter(value.values()))
    text = str(value[0] if isinstance(value, list) else value)
    if text == "Unknown field.":
        text = "this step has no such parameter"
    return (None if name == "_schema" else str(name)), text
