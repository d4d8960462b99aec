"""An image of the repository of udocker, as it is recorded. The standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class UdockerImage:
    """An image that is ready to run.

    Attributes
    ----------
    id : str
        ``sha256:…``, of the image's configuration: the same as a Docker engine's.
    reference : str
        The reference or archive that it was prepared from.
    container : str
        Name of its container.
    env : dict of str to str
        The image's own environment.
    shell : bool
        Whether it has ``/bin/sh``.
    nvidia : str
        The driver whose libraries its container has; empty: none.
    """

    id: str
    reference: str
    container: str
    env: dict[str, str]
    shell: bool
    nvidia: str = ""
