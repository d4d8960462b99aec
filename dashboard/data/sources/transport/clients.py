"""The clients that a source gets, with the limits of the settings."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.data.sources.transport.http import HttpClient
from dashboard.data.sources.transport.limits import TransferLimits
from dashboard.data.sources.transport.turns import Turns


@dataclass(frozen=True)
class Clients:
    """The only way of a source to the network.

    Attributes
    ----------
    http : HttpClient
        HTTP and HTTPS.
    limits : TransferLimits
        Of sizes and times; they hold for FTP, too.
    turns : Turns
        How many requests a host gets at once.
    """

    http: HttpClient
    limits: TransferLimits
    turns: Turns
