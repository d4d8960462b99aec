"""A forest in a model's folder: scikit-learn's own (``forest.skops``) and as arrays (``trees.npz``).

Predicting needs the arrays only: neither skops nor scikit-learn, which take seconds to import. They count
as long as they belong to the very ``forest.skops`` that lies beside them; else that is loaded, checked, and
the arrays made of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from deepaas_plugins.contract.arrays_file import read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.model_card import sha256
from deepaas_plugins.methods.rdf.trees.flat_boosting import FlatBoosting
from deepaas_plugins.methods.rdf.trees.flat_forest import FlatForest
from deepaas_plugins.pipeline.processors import processors

if TYPE_CHECKING:
    from deepaas_plugins.methods.rdf.trees.forest import Forest

FILE = "forest.skops"
FLAT_FILE = "trees.npz"

#: Types that a file may hold besides those that skops trusts (NumPy's and scikit-learn's plain types).
TRUSTED = ["sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
Flat = FlatForest | FlatBoosting


class StoredForest:
    """Both forms of a forest, each made on first use.

    Parameters
    ----------
    forest, trees
        What there is of it already.
    folder
        Where the rest is.
    """

    def __init__(self, forest: Forest = None, trees: Flat | None = None, folder: Path | None = None) -> None:
        self._forest, self._trees, self._folder = forest, trees, folder

    @property
    def forest(self) -> Forest:
        """Return scikit-learn's forest.

        Raises
        ------
        InvalidInput
            The file holds none, or one that is damaged.
        """
        if self._forest is None and self._folder is not None:
            self._forest = load_forest(self._folder / FILE)
            if isinstance(self._trees, FlatBoosting):
                self._trees.give_scale(self._forest)
        return self._forest

    @property
    def trees(self) -> Flat:
        """Return the trees as arrays."""
        if self._trees is None:
            self._trees = _flattened(self.forest)
        return self._trees

    def save(self, folder: Path) -> None:
        """Write both files."""
        import skops.io  # noqa: PLC0415 - see above

        forest = self.forest
        skops.io.dump(getattr(forest, "model", forest), folder / FILE)
        flat = _flattened(forest)
        mark = np.frombuffer(bytes.fromhex(sha256(folder / FILE)), dtype=np.uint8)
        np.savez(folder / FLAT_FILE, allow_pickle=False, forest_sha256=mark, **flat.arrays())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the arrays, or the forest where they are missing or another's.

        Raises
        ------
        InvalidInput
            The folder holds no forest, or one that is damaged.
        """
        trees = _flat(folder)
        stored = cls(trees=trees, folder=folder)
        stored.trees  # noqa: B018 - whatever is wrong with the files is told now, not at the first prediction
        return stored


def _flattened(forest: Forest) -> Flat:
    if hasattr(forest, "flat"):
        flat: FlatBoosting = forest.flat()
        return flat
    return FlatForest.of(forest.estimators_, int(forest.n_features_in_))


def _flat(folder: Path) -> Flat | None:
    path = folder / FLAT_FILE
    if not path.is_file() or not (folder / FILE).is_file():
        return None
    arrays = read_arrays(path)
    mark = arrays.pop("forest_sha256", None)
    if mark is None or bytes(mark).hex() != sha256(folder / FILE):
        return None
    return FlatBoosting.of_arrays(arrays) if "boosting" in arrays else FlatForest.of_arrays(arrays)


def load_forest(path: Path) -> Forest:
    """Read scikit-learn's forest and check it.

    Raises
    ------
    InvalidInput
        It is none, is damaged, or holds anything but scikit-learn's trees.
    """
    import skops.io  # noqa: PLC0415 - see above

    from deepaas_plugins.methods.rdf.trees.boosting import BOOSTING_TYPES, Boosting  # noqa: PLC0415 - see above
    from deepaas_plugins.methods.rdf.trees.forest import FOREST_TYPES  # noqa: PLC0415 - see above

    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
        if unknown:
            raise InvalidInput(f"{path} holds what no forest holds: {', '.join(unknown)}. It is not loaded.")
        forest: Any = skops.io.load(path, trusted=TRUSTED)
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is missing: the model is not complete.") from error
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path} is damaged or not a forest: {error}.") from error
    if isinstance(forest, BOOSTING_TYPES):
        boosting = Boosting(forest, processors())
        check_boosting(boosting, path)
        return boosting
    if not isinstance(forest, FOREST_TYPES):
        raise InvalidInput(f"{path} holds a {type(forest).__name__}, not a forest.")
    check_trees(forest, path)
    forest.set_params(n_jobs=processors())
    return forest


def check_boosting(boosting: Any, path: Path) -> None:
    """Check the indices of boosted trees: compiled code follows them without a check.

    Raises
    ------
    InvalidInput
        There are no trees, a child or a feature is out of range, or a tree splits categories.
    """
    try:
        nodes = [tree.nodes for trees in boosting.estimators_ for tree in trees]
        plain = bool(nodes) and not any(each["is_categorical"].any() for each in nodes)
        if plain:
            boosting.flat().walk.check()
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"{path}: a boosted tree is damaged ({error}). The model is not loaded."
        ) from error
    if not plain:
        raise InvalidInput(f"{path}: a boosted tree is damaged. The model is not loaded.")


def check_trees(forest: Forest, path: Path) -> None:
    """Check the indices of every tree: compiled code follows them without a check.

    Raises
    ------
    InvalidInput
        A child or a feature is out of range.
    """
    for number, estimator in enumerate(forest.estimators_):
        tree = estimator.tree_
        nodes = tree.node_count
        places = np.arange(nodes)
        inner = tree.children_left != -1
        children = np.stack([tree.children_left[inner], tree.children_right[inner]])
        # Children come after their parent, which also rules out circles.
        forwards = (children > places[inner]) & (children < nodes)
        features = (tree.feature[inner] >= 0) & (tree.feature[inner] < forest.n_features_in_)
        if nodes == 0 or not forwards.all() or not features.all() or not np.isfinite(tree.value).all():
            raise InvalidInput(f"{path}: tree {number} is damaged. The model is not loaded.")
