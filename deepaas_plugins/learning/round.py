"""One round: train on the labels that there are, predict the pool, select what a person is to label next."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Method, Model
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.learning import label_rows, training_set
from deepaas_plugins.learning.choice import Choice
from deepaas_plugins.learning.committee import Committee
from deepaas_plugins.learning.label_rows import Matched
from deepaas_plugins.learning.pool import PoolPass, blocks, unnamed
from deepaas_plugins.learning.selection import Selection, Writer
from deepaas_plugins.learning.settings import RoundSettings
from deepaas_plugins.learning.top_rows import TopRows
from deepaas_plugins.learning.training_set import TrainingSet
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input, feature_set
from deepaas_plugins.pipeline.training import Training, train
from jobfolder import names
from jobfolder.dataset_path import data_prefix, dataset_path
from jobfolder.json_file import write_json
from spectra import FeatureSet, FeatureSetError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Round:
    """A round of a job.

    Parameters
    ----------
    method
        That trains.
    training
        Its input is the pool.
    prepared
        The pool as an earlier round prepared it; None: there is none.
    settings
        Of the round.
    run
        Takes progress, report and result.
    """

    def __init__(
        self,
        method: Method,
        training: Training,
        settings: RoundSettings,
        run: Run,
        *,
        prepared: Path | None = None,
    ) -> None:
        self._prepared = prepared
        self.method, self.training, self.settings, self.run = method, training, settings, run
        self._rng = np.random.default_rng((settings.seed, settings.round))

    def run_with(self, labels: Path) -> str:
        """Run the round; return the sentence that tells how it went.

        Parameters
        ----------
        labels : Path
            ``in/labels.csv``.

        Raises
        ------
        InvalidInput
            Bad parameters, pool or labels.
        Cancelled
            The run was asked to stop.
        """
        given = self.training.input
        told = label_rows.read(labels)
        pool = self._pool(given)
        prefix = recorded_prefix(pool, given)
        matched = label_rows.match(told, pool, given.kind, prefix)
        if len(matched.gone) >= pool.rows:
            raise InvalidInput("Every spectrum of the pool is labelled: there is nothing left to select.")
        selection = Selection(pool.rows, len(matched.gone), trained=False, lost=matched.lost)
        selection.labelled = dict(sorted(Counter(matched.labels).items()))
        if matched.lost:
            selection.notes.append(f"{matched.lost} labels are of spectra that could not be prepared.")
        path = self.run.folder / names.FEATURES
        data = training_set.build(pool, matched.rows, matched.labels, path)
        writer = Writer(pool, prefix, self.run)
        if data is None:
            self._begin(pool, matched, selection)
            writer.write(selection, {})
        else:
            self._learn(pool, matched, data, selection, writer)
        self._figures(selection)
        chosen = sum(len(one.rows) for one in selection.chosen)
        return f"{chosen} spectra are selected for labelling."

    def _pool(self, given: Input) -> FeatureSet:
        recipe: Any = self.training.recipe
        if given.kind == "spectra":
            recipe = self.method.recipe_for(
                load_parameters(self.method.train_schema, self.training.parameters), recipe
            )
        pool = self._known() if given.kind == "spectra" else None
        pool = pool or feature_set(given, recipe, self.run, names.POOL)
        self.run.log(f"The pool has {pool.rows} spectra of {pool.columns} columns.")
        return pool

    def _known(self) -> FeatureSet | None:
        """Return the pool of an earlier round, as a file of this one; None where it cannot be used."""
        if self._prepared is None or not self._prepared.is_file():
            return None
        own = self.run.folder / names.POOL
        try:
            FeatureSet.open(self._prepared)
            shutil.copyfile(self._prepared, own)
        except FeatureSetError as error:
            self.run.log(f"The pool of the round before cannot be used ({error}): it is prepared anew.")
            return None
        self.run.log("The pool is that of the round before: no file is read again.")
        return FeatureSet.open(own)

    # Without a model

    def _begin(self, pool: FeatureSet, matched: Matched, selection: Selection) -> None:
        """Select the first batch: no two classes of two objects are labelled yet."""
        self.run.log("Two classes with two objects each are not labelled yet: no model is trained.")
        selection.notes.append(
            "There is no model yet: it needs labels of two classes with two objects each. The spectra were "
            + ("chosen at random." if self.settings.strategy == "random" else "chosen to differ.")
        )
        size = self.settings.batch
        sample = TopRows(size if self.settings.strategy == "random" else 20 * size + 1000)
        for numbers, batch in blocks(pool, matched.gone):
            self.run.stop_if_cancelled()
            sample.add(self._rng.random(len(batch.flux)), numbers)
            self.run.progress(int(numbers[-1]) + 1 if len(numbers) else 0, pool.rows, "select")
        choice = Choice(pool, self.settings, selection, self._rng)
        selection.chosen.append(choice.without_model(sample.best()[0]))

    # With a model

    def _learn(
        self, pool: FeatureSet, matched: Matched, data: TrainingSet, selection: Selection, writer: Writer
    ) -> None:
        selection.left_out = data.left_out
        if data.left_out:
            told = ", ".join(data.left_out)
            selection.notes.append(f"The model does not know {told}: a class needs two objects.")
        if lacking := [name for name in self.settings.targets if name not in data.classes]:
            selection.notes.append(f"Nobody has labelled enough of the targets {', '.join(lacking)} yet.")
        model = self._train(data)
        committee = self._committee(data)
        counts = Counter(matched.labels)
        labelled = np.array([counts[name] for name in model.classes or []], dtype=np.int64)
        passed = PoolPass(self.settings, model.classes or [], self._rng, labelled)
        for numbers, batch in blocks(pool, matched.gone):
            self.run.stop_if_cancelled()
            if len(numbers):
                members = None if committee is None else committee.probabilities(batch)
                found = model.class_probabilities(batch)
                passed.add(numbers, found if members is None else members.mean(axis=0), members)
                self.run.progress(int(numbers[-1]) + 1, pool.rows, "predict")
        self.run.progress(0, 1, "select")
        selection.trained, selection.classes = True, list(model.classes or [])
        selection.counts, selection.predicted_targets = passed.counts.tolist(), passed.predicted_targets
        selection.strata = passed.strata
        choice = Choice(pool, self.settings, selection, self._rng)
        selection.chosen += choice.with_model(passed, data.features.matrix())
        rows = (
            np.concatenate([one.rows for one in selection.chosen]) if selection.chosen else np.empty(0, int)
        )
        writer.write(selection, _told(pool, rows, model))
        if self.settings.candidates and self.settings.targets:
            writer.candidates(*passed.candidates, model.class_probabilities, selection.classes)
        self.run.progress(1, 1, "select")

    def _train(self, data: TrainingSet) -> Model:
        training, given = self.training, self.training.input
        told = f"{given.name or given.path.name}, round {self.settings.round}"
        labelled = Input("features", Path(data.features.path), name=told, synthetic=given.synthetic)
        train(
            self.method,
            Training(labelled, training.parameters, None, training.origin, training.start, training.start_id),
            self.run,
        )
        return Predictor(self.run.folder / "model", self.method).model

    def _committee(self, data: TrainingSet) -> Committee | None:
        if self.settings.strategy != "disagreement":
            return None
        parameters = load_parameters(self.method.train_schema, self.training.parameters)
        seed = self.settings.seed + self.settings.round
        return Committee.train(
            self.method, data, parameters, self.settings.committee, seed=seed, run=self.run
        )

    def _figures(self, selection: Selection) -> None:
        run = self.run
        run.metric("pool_left", selection.pool_rows - selection.gone)
        run.metric("labels_used", sum(selection.labelled.values()))
        run.metric("selected", sum(len(one.rows) for one in selection.chosen))
        if selection.trained:
            run.metric("predicted_targets", selection.predicted_targets)
        write_json(run.folder / names.SUMMARY, {"metrics": run.metrics})


def run_round(method: Method, training: Training, given: object, labels: Path, run: Run) -> str:
    """Run a round as ``job.json`` says; see `Round.run_with`.

    Parameters
    ----------
    method : Method
        Needs labels of classes.
    training : Training
        Its input is the pool.
    given : object
        ``learning`` of ``job.json``.
    labels : Path
        ``in/labels.csv``; beside it may be the pool of an earlier round.
    run : Run
        Takes the result.

    Returns
    -------
    str
        A sentence.

    Raises
    ------
    InvalidInput
        The method learns from no labels, or anything of the job is not right.
    """
    if not method.needs_labels:
        raise InvalidInput(f"{method.title} does not learn from labels: choose a method that does.")
    if isinstance(given, Mapping) and training.parameters.get("task") == "regression":
        raise InvalidInput("A session learns classes: set task to classification.")
    prepared = labels.parent / Path(names.POOL_IN).name
    return Round(method, training, RoundSettings.from_json(given), run, prepared=prepared).run_with(labels)


def recorded_prefix(pool: FeatureSet, given: Input) -> str:
    """Return what the paths of a pool's files begin with: those of an earlier round name its own job folder.

    Parameters
    ----------
    pool : FeatureSet
        Prepared now, or by an earlier round.
    given : Input
        Of this round.
    """
    prefix = data_prefix(given.path)
    [source] = pool.take([0]).sources if pool.rows else [None]
    if source is None or source.path.startswith(prefix):
        return prefix
    return source.path.removesuffix(dataset_path(source.path))


def _told(pool: FeatureSet, rows: IntArray, model: Model) -> dict[int, list[float]]:
    """Return the probabilities of rows that were chosen."""
    if not len(rows):
        return {}
    found = model.class_probabilities(unnamed(pool, pool.take(rows).flux))
    return dict(zip(rows.tolist(), found.tolist(), strict=True))
