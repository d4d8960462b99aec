"""Errors of the network as `FetchError`."""

from __future__ import annotations

import ftplib
import ssl
from types import TracebackType

import aiohttp

from dashboard.base.outbound import AddressDenied
from dashboard.data.sources.record import Fault, FetchError

CUTS = (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError, EOFError)
ADDRESSES = (aiohttp.InvalidURL, aiohttp.NonHttpUrlRedirectClientError, UnicodeError)
FTP_GONE, FTP_LOGIN, FTP_BUSY = "550", ("530", "331", "332"), ("421", "425", "426", "450", "451")


class as_fetch_errors:  # noqa: N801 - it reads as a statement
    """Raises errors of the network that its block raises as `FetchError`; others pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, FetchError) or not isinstance(error, Exception):
            return
        translated = fetch_error(error)
        if translated is not None:
            raise translated from error


def fetch_error(error: Exception) -> FetchError | None:
    """Return what an error of the network is for a source; None for other errors."""
    said = " ".join(str(error).split())[:300] or type(error).__name__
    if denied := _denied(error):
        return FetchError(Fault.DENIED, str(denied))
    if isinstance(error, TimeoutError):
        return FetchError(Fault.SLOW, "no byte for too long")
    if isinstance(error, ftplib.Error):
        return _of_ftp(said)
    for kinds, fault in (
        (ADDRESSES, Fault.ADDRESS),
        ((aiohttp.TooManyRedirects,), Fault.STATUS),
        (CUTS, Fault.CUT),
        ((aiohttp.ClientError, OSError, ssl.SSLError), Fault.UNREACHABLE),
    ):
        if isinstance(error, kinds):
            return FetchError(fault, said if fault is not Fault.STATUS else "too many redirects")
    return None


def _of_ftp(said: str) -> FetchError:
    code = said[:3]
    if code in FTP_LOGIN:
        return FetchError(Fault.CREDENTIALS, said)
    if code == FTP_GONE:
        return FetchError(Fault.NOT_FOUND, said)
    return FetchError(Fault.BUSY if code in FTP_BUSY else Fault.STATUS, said)


def _denied(error: BaseException | None) -> AddressDenied | None:
    """Return the denial that an error stands for: aiohttp may wrap what a socket raises."""
    while error is not None:
        if isinstance(error, AddressDenied):
            return error
        error = error.__cause__ or getattr(error, "os_error", None)
    return None
