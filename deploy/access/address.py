"""Where a caller is, also behind proxies, and how often one address may call."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web

from deploy.access.bucket import Bucket

SCHEMES = frozenset({"http", "https"})
KEPT = 10_000  # addresses whose rates are remembered
IPV6_PREFIX = 64  # one customer has at least that network (RFC 6177)


class CallerAddresses:
    """Tells the address of a caller, and the scheme and host it used, also behind proxies that are trusted.

    Parameters
    ----------
    proxies
        Networks of proxies whose ``X-Forwarded-For``, ``-Proto`` and ``-Host`` are believed; everybody else
        can write anything there.

    Raises
    ------
    ValueError
        If one of them is no network.
    """

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        self._proxies = [ipaddress.ip_network(text, strict=False) for text in proxies]

    def of(self, request: web.BaseRequest) -> str:
        """Return the address by which a caller is counted: of IPv6, its network of 64 bits."""
        return counted(self.client(request))

    def client(self, request: web.BaseRequest) -> str:
        """Return the address of the caller, as the last proxy that is not trusted, or the caller, has it."""
        address = request.remote or ""
        if self.trusts(address):
            # Each proxy appends the address that it saw: the last one that is no proxy of ours is the caller.
            for said in reversed(_said(request, "X-Forwarded-For")):
                address = said
                if not self.trusts(address):
                    break
        return address

    def scheme(self, request: web.BaseRequest) -> str:
        """Return the scheme by which the caller came: a trusted proxy says it, which ends TLS."""
        said = _said(request, "X-Forwarded-Proto") if self.trusts(request.remote or "") else []
        return said[-1].lower() if said and said[-1].lower() in SCHEMES else request.scheme

    def host(self, request: web.BaseRequest) -> str:
        """Return the host, with its port, that the caller named; a trusted proxy may have sent another."""
        said = _said(request, "X-Forwarded-Host") if self.trusts(request.remote or "") else []
        return said[-1] if said else request.host

    def origin(self, request: web.BaseRequest) -> str:
        """Return scheme and host by which the caller reached this platform, for links."""
        return f"{self.scheme(request)}://{self.host(request)}"

    def trusts(self, address: str) -> bool:
        """Return whether an address is that of a trusted proxy."""
        if not self._proxies:
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies if network.version == found.version)


def _said(request: web.BaseRequest, name: str) -> list[str]:
    """Return the values of a header that may be a list, or come several times, in order."""
    return [part.strip() for part in ",".join(request.headers.getall(name, ())).split(",") if part.strip()]


def counted(address: str) -> str:
    """Return what stands for an address where callers are counted; what is no address is ``unknown``."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), IPV6_PREFIX), strict=False))
    return str(found)


class AddressRates:
    """A token bucket for each address.

    Parameters
    ----------
    rate
        Requests a minute; 0: no limit.
    """

    def __init__(self, rate: int = 0) -> None:
        self.rate = rate
        self._buckets: dict[str, Bucket] = {}

    def take(self, address: str) -> float:
        """Count one request; return 0, or the seconds after which one is allowed."""
        bucket = self._buckets.pop(address, None) or Bucket(self.rate)
        self._buckets[address] = bucket  # the newest stands last
        if len(self._buckets) > KEPT:
            del self._buckets[next(iter(self._buckets))]
        return bucket.take()
