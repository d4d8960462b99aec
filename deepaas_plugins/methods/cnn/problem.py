"""What is learned: classes or numbers, as targets, weights and answers of a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.cnn.calibration import softmax
from deepaas_plugins.methods.parameters import targets
from deepaas_plugins.methods.parameters.targets import Scaling
from deepaas_plugins.methods.spectral_features import weights
from deepaas_plugins.pipeline.validation import labelled
from deepaas_plugins.pipeline.validation.labelled import Labelled
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Fewest known values of a number that is learned.
FEWEST = 10


class Problem(ABC):
    """What is learned of labelled rows.

    Attributes
    ----------
    data
        The rows.
    names
        Of the classes or numbers: the outputs of the network.
    """

    data: Labelled
    names: list[str]

    @property
    def outputs(self) -> int:
        """Return the outputs of the network."""
        return len(self.names)

    @abstractmethod
    def targets(self, part: IntArray) -> FloatArray:
        """Return targets of all rows, scaled by the rows of a training part.

        Parameters
        ----------
        part : array of int, shape (n,)
            Numbers of the training rows.

        Returns
        -------
        array of float, shape (rows, outputs)
            What the network is to answer.
        """

    @abstractmethod
    def weights(self, part: IntArray, params: Json) -> FloatArray:
        """Return weights of all rows, of which those of a training part have mean 1.

        Parameters
        ----------
        part : array of int, shape (n,)
            Numbers of the training rows.
        params : mapping
            The parameters of the training.

        Returns
        -------
        array of float, shape (rows,)
            The weights.
        """

    @abstractmethod
    def answers(self, outputs: Sequence[FloatArray], part: IntArray) -> FloatArray:
        """Return what is answered of the outputs of members.

        Parameters
        ----------
        outputs : sequence of arrays, shape (rows, outputs)
            Of each member.
        part : array of int, shape (n,)
            Numbers of the rows that the members learned from.

        Returns
        -------
        array of float, shape (rows, outputs)
            Probabilities or values.
        """

    @abstractmethod
    def as_targets(self, outputs: FloatArray) -> FloatArray:
        """Return the outputs of a network in the form of targets.

        Parameters
        ----------
        outputs : array of float, shape (rows, outputs)
            Of a network.

        Returns
        -------
        array of float, shape (rows, outputs)
            What another network can learn.
        """

    @abstractmethod
    def some(self, places: IntArray) -> Problem:
        """Return the problem of some of the rows.

        Parameters
        ----------
        places : array of int, shape (n,)
            Their numbers.

        Returns
        -------
        Problem
            Of those rows only.
        """


@dataclass(frozen=True)
class Classes(Problem):
    """Classes."""

    data: Labelled
    names: list[str]

    @classmethod
    def of(cls, features: FeatureSet) -> Classes:
        """Return the labelled rows of a feature set.

        Raises
        ------
        InvalidInput
            All are of one class or object, or a class has one object only.
        """
        data = labelled.of_classes(features)
        return cls(data, data.classes or [])

    def targets(self, part: IntArray) -> FloatArray:
        """Return 1 for the class of each row, else 0."""
        del part
        return np.asarray(self.data.target[:, None] == np.arange(self.outputs), dtype=np.float64)

    def weights(self, part: IntArray, params: Json) -> FloatArray:
        """Return weights by object and class."""
        found = np.ones(len(self.data.rows))
        of_objects = weights.of_objects(self.data.objects.members[part], params["object_weight"])
        found[part] = weights.of_classes(self.data.target[part], of_objects, params["class_balance"])
        return found

    def answers(self, outputs: Sequence[FloatArray], part: IntArray) -> FloatArray:
        """Return the mean of the probabilities of the members."""
        del part
        return np.asarray(np.mean([softmax(one) for one in outputs], axis=0))

    def as_targets(self, outputs: FloatArray) -> FloatArray:
        """Return probabilities."""
        return softmax(outputs)

    def some(self, places: IntArray) -> Classes:
        """Return the problem of some of the rows."""
        return Classes(self.data.some(places), self.names)


@dataclass(frozen=True)
class Values(Problem):
    """Numbers, of which some may be missing.

    Attributes
    ----------
    data
        The rows; its target is the first number, NaN where missing.
    names
        Of the numbers.
    values
        Shape (rows, numbers), NaN where missing.
    """

    data: Labelled
    names: list[str]
    values: FloatArray

    @classmethod
    def of(cls, features: FeatureSet) -> Values:
        """Return the labelled rows of a feature set.

        Raises
        ------
        InvalidInput
            A label is no number; a number has too few values, or does not vary; all rows are of one object.
        """
        labels, spectra = features.labels(), features.names()
        read = {row: targets.parse(label, spectra[row]) for row, label in enumerate(labels) if label}
        rows = np.array([row for row, values in read.items() if values], dtype=np.int64)
        names = list(dict.fromkeys(name for values in read.values() for name in values))
        values = np.array([[read[row].get(name, np.nan) for name in names] for row in rows])
        if not names:
            raise InvalidInput("No label holds a number, as regression needs.")
        for name, column in zip(names, values.T, strict=True):
            _check(name, column[np.isfinite(column)])
        return cls(labelled.of_rows(features, rows, values[:, 0], None), names, values)

    def scaling(self, part: IntArray) -> Scaling:
        """Return the scaling of the numbers of a training part."""
        return Scaling.of_values(self.values[part], automatic=True)

    def targets(self, part: IntArray) -> FloatArray:
        """Return standardised numbers, NaN where missing."""
        return self.scaling(part).standard(self.values)

    def weights(self, part: IntArray, params: Json) -> FloatArray:
        """Return weights by object."""
        found = np.ones(len(self.data.rows))
        found[part] = weights.of_objects(self.data.objects.members[part], params["object_weight"])
        return found

    def answers(self, outputs: Sequence[FloatArray], part: IntArray) -> FloatArray:
        """Return the values of the mean of the members."""
        return self.scaling(part).values(np.mean(outputs, axis=0))

    def as_targets(self, outputs: FloatArray) -> FloatArray:
        """Return standardised numbers, which outputs are."""
        return outputs

    def some(self, places: IntArray) -> Values:
        """Return the problem of some of the rows."""
        return Values(self.data.some(places), self.names, self.values[places])


def _check(name: str, known: FloatArray) -> None:
    if len(known) < FEWEST:
        raise InvalidInput(f"{len(known)} spectra have a value of {name}: {FEWEST} are needed to learn it.")
    if np.ptp(known) == 0:
        raise InvalidInput(f"All {len(known)} values of {name} are {known[0]:g}: there is nothing to learn.")


def of_features(features: FeatureSet, params: Json) -> Problem:
    """Return the problem that the parameters name, of at most `maximum_rows` rows.

    Raises
    ------
    InvalidInput
        The labels do not suffice.
    """
    problem: Problem = Values.of(features) if params["task"] == "regression" else Classes.of(features)
    data = problem.data
    most = params["maximum_rows"]
    if len(data.rows) <= most:
        return problem
    random = np.random.default_rng(params["seed"])
    return problem.some(np.sort(random.choice(len(data.rows), most, replace=False)))
