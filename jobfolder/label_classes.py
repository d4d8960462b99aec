"""How the classes of a dataset differ from those that a model knows, for the form and for the job."""

from __future__ import annotations

from collections.abc import Iterable

#: Classes that are named.
SHOWN = 5


def class_difference(ours: Iterable[str], theirs: Iterable[str]) -> str:
    """Return how the classes of a dataset differ from a model's.

    Parameters
    ----------
    ours, theirs : iterable of str
        Of the dataset; of the model.

    Returns
    -------
    str
        Empty where they are the same.
    """
    mine, known = {*ours}, {*theirs}
    more, less = sorted(mine - known), sorted(known - mine)
    told = []
    if more:
        told.append(f"the dataset has {_named(more)}, which the model does not know")
    if less:
        told.append(f"the model knows {_named(less)}, of which the dataset has none")
    return "; ".join(told)


def _named(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
