"""How much and how long a transfer may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TransferLimits:
    """Limits of one transfer.

    Attributes
    ----------
    networks : tuple of str
        CIDR; allowed beside public addresses.
    silence_s : float
        Seconds without a byte after which a transfer ends.
    least_rate : float
        Bytes per second that a transfer must have on average once `silence_s` have passed.
    document_bytes : int
        The most of a list: an index page, a VOTable, an answer of DataLink.
    file_bytes : int
        The most of one file.
    """

    networks: tuple[str, ...] = ()
    silence_s: float = 60.0
    least_rate: float = 1000.0
    document_bytes: int = 2 * 10**9
    file_bytes: int = 20 * 10**9
