"""The networks to choose from."""

from __future__ import annotations

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.cnn.networks.network import INPUT, Network, Plan

#: Fewest points that three pools leave something of.
FEWEST = 16
#: Dropout where the parameter is not given.
DROPOUT = {"published": 0.5, "small": 0.2, "residual": 0.4, "attention": 0.4}
#: Channels by which the points of a spectrum are compared in an attention.
KEYS = 16


def build(architecture: str, points: int, channels: int, outputs: int, dropout: float | None) -> Network:
    """Return a network.

    Parameters
    ----------
    architecture : str
        Key of `DROPOUT`.
    points, channels : int
        Of a spectrum.
    outputs : int
        Classes, or numbers.
    dropout : float or None
        Rate of dropout; None: the architecture's own.

    Returns
    -------
    Network
        Without weights.

    Raises
    ------
    InvalidInput
        The spectra have too few points.
    """
    if points < FEWEST:
        raise InvalidInput(
            f"The spectra have {points} points: a convolutional network needs {FEWEST} or more."
        )
    rate = DROPOUT[architecture] if dropout is None else dropout
    made = {"published": _published, "small": _small, "residual": _residual, "attention": _attention}
    return made[architecture](Plan(points, channels), outputs, rate)


def _published(plan: Plan, outputs: int, dropout: float) -> Network:
    """Return the network of Škoda, Podsztavek & Tvrdík (2020, A&A 643, A122)."""
    given = INPUT
    for filters in (64, 128, 256):
        for _ in range(2):
            given = plan.convolution(given, filters, 3)
        given = plan.pool("max_pool", given, 2)
    given = plan.flatten(given)
    for _ in range(2):
        given = plan.dropout(plan.dense(given, 512), dropout)
    return plan.network(given, outputs)


def _small(plan: Plan, outputs: int, dropout: float) -> Network:
    """Return a network of three strided convolutions, made for many spectra a second."""
    given = INPUT
    for filters, kernel, stride in ((32, 11, 4), (48, 5, 2), (64, 3, 2)):
        given = plan.convolution(given, filters, kernel, stride=stride, normalised=True)
    # Long spectra: at most about ten segments, so that the dense layer stays small.
    given = plan.flatten(plan.pool("average_pool", given, plan.points_of(given) // 8))
    given = plan.dropout(plan.dense(plan.dropout(given, dropout), 64), dropout)
    return plan.network(given, outputs)


def _residual(plan: Plan, outputs: int, dropout: float) -> Network:
    """Return parallel kernels of three widths, squeeze and excitation, and skips.

    Inception (Szegedy et al. 2015), residuals (He et al. 2016), squeeze and excitation (Hu et al. 2018);
    pooled over the whole range and over segments of it: the place of a line matters.
    """
    return _pooled(plan, _blocks(plan), outputs, dropout)


def _attention(plan: Plan, outputs: int, dropout: float) -> Network:
    """Return the residual network with an attention after its blocks (Vaswani et al. 2017), of one head.

    Each point takes from all others what is like it, however far away: lines of one element lie apart.
    """
    given = _blocks(plan)
    query, key = (plan.convolution(given, KEYS, 1, normalised=True, activation="linear") for _ in range(2))
    value = plan.convolution(given, plan.channels_of(given), 1, normalised=True, activation="linear")
    given = plan.same("relu", [plan.same("add", [given, plan.attention(query, key, value)])])
    return _pooled(plan, given, outputs, dropout)


def _blocks(plan: Plan) -> str:
    given = plan.convolution(INPUT, 24, 11, stride=2, normalised=True)
    for filters in (24, 36, 48, 60):
        if plan.points_of(given) >= 2 * FEWEST:
            given = plan.pool("max_pool", given, 2)
        given = _block(plan, given, filters)
    return given


def _pooled(plan: Plan, given: str, outputs: int, dropout: float) -> Network:
    segments = plan.flatten(plan.pool("average_pool", given, plan.points_of(given) // 8))
    whole = [plan.whole(kind, given) for kind in ("global_average", "global_maximum")]
    return plan.network(plan.dropout(plan.concatenate([*whole, segments]), dropout), outputs)


def _block(plan: Plan, given: str, filters: int) -> str:
    third = filters // 3
    parallel = [plan.convolution(given, third, kernel, normalised=True) for kernel in (3, 7, 15)]
    inner = plan.convolution(plan.concatenate(parallel), filters, 3, normalised=True, activation="linear")
    squeezed = plan.dense(plan.whole("global_average", inner), max(4, filters // 4))
    inner = plan.same("scale", [inner, plan.dense(squeezed, filters, "sigmoid")])
    if plan.channels_of(given) != filters:
        given = plan.convolution(given, filters, 1, normalised=True, activation="linear")
    return plan.same("relu", [plan.same("add", [given, inner])])
