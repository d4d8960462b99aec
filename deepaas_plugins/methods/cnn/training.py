"""Trains a model of networks, measures it on held-out objects, and reports."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.cnn import problem, report
from deepaas_plugins.methods.cnn.fits import keras_training
from deepaas_plugins.methods.cnn.fits.course import Arrays, Course, fingerprint
from deepaas_plugins.methods.cnn.fits.fitting import Fitter
from deepaas_plugins.methods.cnn.fits.inputs import Inputs
from deepaas_plugins.methods.cnn.fits.keras_training import Trainer
from deepaas_plugins.methods.cnn.fold_fits import FoldFits, weights_of
from deepaas_plugins.methods.cnn.judging import Judge
from deepaas_plugins.methods.cnn.model import ARCHIVE, NetworkModel
from deepaas_plugins.methods.cnn.network_start import NetworkStart
from deepaas_plugins.methods.cnn.networks import architectures, graph, keras_network
from deepaas_plugins.methods.cnn.networks.network import Network
from deepaas_plugins.methods.cnn.networks.stored_graph import StoredGraph
from deepaas_plugins.methods.cnn.problem import Classes, Problem, Values
from deepaas_plugins.methods.spectral_features.representation import Representation
from deepaas_plugins.pipeline.processors import processors
from spectra import FeatureSet


def train(features: FeatureSet, params: Json, run: Run, start: NetworkModel | None = None) -> NetworkModel:
    """Train, cross-validate and report.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    params : Json
        Of `TrainSchema`.
    run : Run
        Takes progress, metrics, checkpoints and the report.
    start : NetworkModel or None
        From whose weights the members of the model go on; networks of folds learn from nothing.

    Returns
    -------
    NetworkModel
        Trained on all rows but those of the test set.

    Raises
    ------
    InvalidInput
        Too few classes, objects, folds or points; labels that are no numbers; another start model.
    Cancelled
        The run was asked to stop.
    """
    learned = problem.of_features(features, params)
    data = learned.data
    learn, test = data.hold_back(params["test_fraction"], params["seed"])
    parts = data.folds(params["folds"], learn, params["seed"])
    inputs = Inputs(Representation.of(params), data.matrix, features.wavelength)
    network = architectures.build(
        params["architecture"], inputs.points, inputs.channels, learned.outputs, params["dropout"]
    )
    keras_training.prepare(processors())
    begun = None if start is None else NetworkStart.of(start, network, learned)
    trainer = Trainer(network, classes=isinstance(learned, Classes), params=params)
    course = Course(run, fingerprint(params, data.matrix, learned.targets(learn), *_of_start(begun)))
    fits = FoldFits(
        learned,
        Fitter(trainer, inputs, params, course, run),
        teacher=_teacher(learned, inputs, params, course, run),
        start=begun,
        params=params,
        run=run,
    )
    judge = Judge(learned, fits, features, params, run)
    judge.cross_validate(learn, parts)
    results = fits.final(learn, test)
    report.draw(run, {number: one["history"] for number, one in enumerate(results)})
    outputs = judge.outputs(learn, results)
    run.progress(0, 1, "report")
    if len(test):
        judge.test(test, learned.answers([one["outputs"] for one in results], learn), outputs)
    trainer.use(weights_of(results[0]))
    report.mattered(
        trainer,
        inputs,
        learned,
        scale=(results[0]["centre"], results[0]["scale"]),
        features=features,
        run=run,
    )
    run.metric("parameters", sum(int(np.prod(shape)) for shape in network.weight_shapes().values()))
    run.metric("operations", network.operations())
    run.progress(1, 1, "report")
    model = NetworkModel(
        graph=_graph(network, results, probabilities=isinstance(learned, Classes)),
        outputs=outputs,
        archives={
            ARCHIVE.format(number): keras_network.archive(network, weights_of(one))
            for number, one in enumerate(results)
        },
        columns=features.columns,
        targets=learned.names if isinstance(learned, Values) else [],
        recipe=features.recipe,
        classes=data.classes,
        parameters=params,
        wavelength=features.wavelength,
    )
    model.held_out = judge.held_out
    return model


def _of_start(begun: NetworkStart | None) -> list[npt.NDArray[np.float32]]:
    return [] if begun is None else [array for one in begun.members for array in one.values()]


def _teacher(learned: Problem, inputs: Inputs, params: Json, course: Course, run: Run) -> Fitter | None:
    """Return what trains the teacher that the parameters name."""
    if params["teacher"] == "none":
        return None
    network = architectures.build(params["teacher"], inputs.points, inputs.channels, learned.outputs, None)
    trainer = Trainer(network, classes=isinstance(learned, Classes), params=params)
    return Fitter(trainer, inputs, params, course, run)


def _graph(network: Network, results: list[Arrays], *, probabilities: bool) -> StoredGraph:
    content = graph.to_onnx(
        network,
        [weights_of(one) for one in results],
        results[0]["centre"],
        results[0]["scale"],
        probabilities=probabilities,
    )
    return StoredGraph(content, "the trained network")
