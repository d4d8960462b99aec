"""A recipe: named steps that turn spectra into rows of a feature matrix."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.batch import Batch
from spectra.fault import Reason
from spectra.npz import pack_arrays, unpack_arrays
from spectra.rejection import Rejection
from spectra.spectrum import FloatArray, Spectrum
from spectra.steps.axis.air_to_vacuum import AirToVacuum
from spectra.steps.axis.gather import Gatherer
from spectra.steps.block import Block
from spectra.steps.finish import batch_metas, finish, report, rounded
from spectra.steps.learning import Rows, Training
from spectra.steps.observe import Observer
from spectra.steps.order import check_order
from spectra.steps.parse import SCHEMA, make_steps
from spectra.steps.stack import CommonGrid, Stacker, merge
from spectra.steps.step import FittedStep, RecipeError, State, Step

CHUNK = 2048
Rejected = Callable[[Rejection], None]


class Recipe:
    """Steps, applied in their order to whole matrices. Not to be used by two threads at a time.

    Parameters
    ----------
    steps
        In order.

    Raises
    ------
    RecipeError
        The order makes no sense.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self.steps = tuple(steps)
        check_order(self.steps)
        self._first_fitted = next((i for i, step in enumerate(self.steps) if step.fitted), len(self.steps))
        self._needs = frozenset().union(*(step.needs for step in self.steps))
        # For spectra, whose wavelengths are in vacuum, `air_to_vacuum` is nothing.
        first = next((step for step in self.steps if not isinstance(step, AirToVacuum)), None)
        self._window = _everything if first is None else first.window
        self._observer = Observer(self._window)
        self._stacker = Gatherer.leading(self.steps) or Stacker(self._window, self._needs)

    @classmethod
    def from_json(cls, obj: Any) -> Recipe:
        """Make a recipe of its JSON.

        Raises
        ------
        RecipeError
            It is nonsense: an unknown step, a parameter that is unknown, missing or out of range, an order
            that cannot work.
        """
        return cls(make_steps(obj))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON: all parameters, without what fitted steps learned (that is `state`)."""
        return {"schema": SCHEMA, "steps": [step.to_json() for step in self.steps]}

    # What fitted steps learned

    @property
    def fitted(self) -> bool:
        """Whether every step that learns has learned; True where none does."""
        return all(step.state is not None for step in self.steps if isinstance(step, FittedStep))

    @property
    def learns(self) -> bool:
        """Whether any step learns from data."""
        return self._first_fitted < len(self.steps)

    @property
    def head(self) -> Recipe:
        """The steps before the first one that learns: what makes the matrix that `fit` takes."""
        return Recipe(self.steps[: self._first_fitted])

    @property
    def tail(self) -> Recipe:
        """The steps from the first one that learns on."""
        return Recipe(self.steps[self._first_fitted :])

    def fit(self, features: Rows | npt.ArrayLike, labels: Iterable[str | None] | None = None) -> Recipe:
        """Fit the steps that learn, in order, each on the result of the steps before it.

        Parameters
        ----------
        features
            What `head` makes of spectra: a feature set (read in chunks as often as needed) or a matrix (rows,
            n).
        labels
            Classes of the rows of a matrix; a feature set has its own.

        Returns
        -------
        Recipe
            Itself.

        Raises
        ------
        RecipeError
            A step cannot learn from it.
        """
        training = Training(features, labels)
        tail = self.steps[self._first_fitted :]
        for index, step in enumerate(tail):
            if isinstance(step, FittedStep):
                try:
                    step.fit(training.through(tail[:index]))
                except RecipeError as error:
                    raise error.at(self._first_fitted + index) from error
        return self

    def state(self) -> State:
        """Return the state of the fitted steps: arrays by "number of the step.name"."""
        return {
            f"{index}.{name}": array
            for index, step in enumerate(self.steps)
            if isinstance(step, FittedStep) and step.state is not None
            for name, array in step.state.items()
        }

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> Recipe:
        """Set the state that `state` returned; returns the recipe.

        Raises
        ------
        RecipeError
            It does not belong to this recipe.
        """
        for index, step in enumerate(self.steps):
            prefix = f"{index}."
            own = {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}
            if own and isinstance(step, FittedStep):
                try:
                    step.state = step.check_state(own)
                except RecipeError as error:
                    raise error.at(index) from error
        return self

    def save(self, folder: Path) -> None:
        """Write `recipe.json`, and `recipe.npz` where steps learned something, into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "recipe.json").write_text(text, encoding="utf-8")
        state = self.state()
        if state:
            (folder / "recipe.npz").write_bytes(pack_arrays(state))

    @classmethod
    def load(cls, folder: Path) -> Recipe:
        """Read a saved recipe. Nothing is unpickled.

        Raises
        ------
        RecipeError
            The files are missing, damaged or not those of a recipe.
        """
        try:
            obj = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecipeError("", None, f"{folder / 'recipe.json'} cannot be read: {error}") from error
        recipe = cls.from_json(obj)
        if (folder / "recipe.npz").is_file():
            try:
                recipe.restore(unpack_arrays(folder / "recipe.npz"))
            except ValueError as error:
                raise RecipeError("", None, f"{folder / 'recipe.npz'}: {error}") from error
        return recipe

    # Applying

    @property
    def flux_window(self) -> Callable[[FloatArray], slice] | None:
        """Return the function that tells which columns of a grid the recipe needs.

        Spectra that are cut to these columns come out of the recipe as whole ones do.

        Returns
        -------
        callable or None
            From a grid (Å, shape (n,)) to a slice of its columns; None where a step needs more than the flux.
        """
        return None if self._needs else self._window

    def prepare(
        self,
        spectra: Iterable[Spectrum],
        rejected: Rejected | None = None,
        chunk: int = CHUNK,
        points: int = sys.maxsize,
    ) -> Iterator[Batch]:
        """Prepare spectra.

        Parameters
        ----------
        spectra
            Any number; `chunk` of them are held at a time, or fewer with `points` points together.
        rejected
            Called for each spectrum that is left out, in input order within a chunk.
        chunk
            How many are worked on together.
        points
            After so many points no further spectrum joins a chunk.

        Yields
        ------
        Batch
            At most `chunk` rows, in input order; no batch where every spectrum of a chunk was rejected.

        Raises
        ------
        RecipeError
            A step that learns has not learned yet.
        """
        self._check_fitted()
        common = CommonGrid()
        stream = iter(spectra)
        while part := _taken(stream, chunk, points):
            reasons: dict[int, Reason] = {}
            block = self._run(self._stacker.stack(part, reasons), common, self._stacker.done)
            metas = [spectrum.meta for spectrum in part]
            batch = finish(block, metas, self._observer.measure(part), reasons)
            report(metas, reasons, rejected)
            if batch is not None:
                yield batch

    def apply(self, batch: Batch, rejected: Rejected | None = None, *, frame: str = "vacuum") -> Batch:
        """Prepare the rows of a matrix on one grid.

        Parameters
        ----------
        batch
            Rows with their names and labels.
        rejected
            Called for each row that is left out.
        frame
            "air" where the batch's wavelengths are in air: then `air_to_vacuum` converts them.

        Raises
        ------
        RecipeError
            A step that learns has not learned yet, or a step needs wavelengths that the batch has not.
        """
        self._check_fitted()
        if batch.wavelength is None:
            _reject_spectral(self.steps)
        metas = batch_metas(batch)
        reasons: dict[int, Reason] = {}
        block = Block(
            flux=batch.flux.astype(np.float64),
            wavelength=batch.wavelength,
            numbers=np.arange(len(batch)),
            frame=frame,
            columns=batch.columns,
            extra=[meta.extra for meta in metas],
            rejected=reasons,
        )
        made = finish(self._run([block], CommonGrid(), 0), metas, batch.observations, reasons)
        report(metas, reasons, rejected)
        return made if made is not None else Batch(np.empty((0, 0), np.float32), None, [], [], [], [])

    def _check_fitted(self) -> None:
        for index, step in enumerate(self.steps):
            if isinstance(step, FittedStep) and step.state is None:
                raise RecipeError(
                    step.name, None, "must be fitted to data before it can be applied (Recipe.fit)", index
                )

    def _run(self, blocks: list[Block], common: CommonGrid, done: int) -> Block | None:
        together = False
        for index, step in enumerate(self.steps[done:], done):
            if step.domain == "matrix" and not together:
                blocks, together = [block.only_finite() for block in common.join(blocks)], True
            if index == self._first_fitted:
                # Learned from a feature set, whose numbers are float32: applied to the same numbers.
                blocks = [rounded(block) for block in blocks]
            if isinstance(step, FittedStep):
                blocks = [step.only_fitting(block) for block in blocks]
            blocks = [made for block in blocks if len(block) for made in step.spread(block)]
            if step.name == "resample":
                blocks = merge(blocks)
        joined = merge(blocks) if together else common.join(blocks)
        return joined[0] if joined else None


def _everything(grid: FloatArray) -> slice:
    return slice(0, len(grid))


def _reject_spectral(steps: Iterable[Step]) -> None:
    for index, step in enumerate(steps):
        if step.domain == "spectral":
            raise RecipeError(
                step.name, None, "needs wavelengths, but the columns of this feature set are none", index
            )


def _taken(stream: Iterator[Spectrum], chunk: int, points: int) -> list[Spectrum]:
    """Take the next chunk: it is full with `chunk` spectra, or with `points` points."""
    taken: list[Spectrum] = []
    held = 0
    while len(taken) < chunk and held < points and (spectrum := next(stream, None)) is not None:
        taken.append(spectrum)
        held += len(spectrum.flux)
    return taken
