"""Where a platform is, and the token for it: as they are given, else from the environment."""

from __future__ import annotations

import os

from huggins_client.http import Sender


def sender_of(address: str | None, token: str | None, timeout_s: float, patience_s: float) -> Sender:
    """Return the sender of a platform.

    Parameters
    ----------
    address, token : str or None
        None: ``HUGGINS_SERVER``, ``HUGGINS_TOKEN``.
    timeout_s, patience_s : float
        As `huggins_client.http.Sender` has them.

    Raises
    ------
    ValueError
        If there is no address, or it is none.
    """
    found = address or os.environ.get("HUGGINS_SERVER")
    if not found:
        raise ValueError("name the platform: its address, or the variable HUGGINS_SERVER")
    return Sender(found, token or os.environ.get("HUGGINS_TOKEN"), timeout_s, patience_s)
