"""Why a call to a replica has no answer."""

from __future__ import annotations


class ReplicaError(Exception):
    """A replica gave no answer."""


class Unreachable(ReplicaError):
    """There is no connection: nothing was sent."""


class Broken(ReplicaError):
    """The connection ended, or what came is no HTTP, before the answer was whole."""

    heard = True  # whether a part of the answer had come


class Late(ReplicaError):
    """The replica said nothing for too long."""


class CallerLeft(Exception):
    """Whoever asked has gone, or broke off sending."""
