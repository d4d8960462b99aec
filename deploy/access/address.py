"""The address of a caller without a token, and how often one address may call."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web

from deploy.access.bucket import Bucket

KEPT = 10_000  # addresses whose rates are remembered
IPV6_PREFIX = 64  # one customer has at least that network (RFC 6177)


class CallerAddresses:
    """Tells the address of a caller, also behind proxies that are trusted.

    Parameters
    ----------
    proxies
        Networks of proxies whose ``X-Forwarded-For`` is believed; everybody else can write anything there.

    Raises
    ------
    ValueError
        If one of them is no network.
    """

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        self._proxies = [ipaddress.ip_network(text, strict=False) for text in proxies]

    def of(self, request: web.BaseRequest) -> str:
        """Return the address by which a caller is counted: of IPv6, its network of 64 bits."""
        address = request.remote or ""
        if self._proxies and self.trusts(address):
            # Each proxy appends the address that it saw: the last one that is no proxy of ours is the caller.
            for said in reversed(",".join(request.headers.getall("X-Forwarded-For", ())).split(",")):
                if not said.strip():
                    continue
                address = said.strip()
                if not self.trusts(address):
                    break
        return counted(address)

    def trusts(self, address: str) -> bool:
        """Return whether an address is that of a trusted proxy."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies if network.version == found.version)


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
