"""The guard of outbound requests to addresses that a person gave (server-side request forgery, CWE-918).

A webhook or a data source may point to public addresses, and to the networks that the settings name. The
address is checked where the socket is made, after the name was resolved: so a name that resolves differently
a moment later (DNS rebinding), a redirect, or a host written as a number all come to the same check. An IPv4
address inside an IPv6 address (mapped, 6to4, NAT64, Teredo) counts as that IPv4 address.

Use `guarded_connector` for the `aiohttp.ClientSession` of such requests, and `connect_guarded` for protocols
that no asyncio client of ours speaks (FTP).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

import aiohttp
from aiohttp.client_exceptions import ClientConnectionError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# `is_global` differs between versions of Python: shared (CGNAT), documentation and benchmarking ranges,
# "this network".
CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001:20::/28",
        "3fff::/20",
    )
)
# IANA has allocated no other block of IPv6 for addresses of the internet (RFC 4291, section 2.4): site-local
# addresses, and blocks of which a version of Python knows nothing, lie outside of it.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class AddressDenied(ClientConnectionError):
    """The address is neither public nor in an allowed network."""


def embedded_ipv4(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 address, or the address itself where there is none."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in NAT64[0] or address in NAT64[1] or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def parse_networks(texts: Sequence[str]) -> list[Network]:
    """Return networks from CIDR notation; ``ValueError`` for a text that is none."""
    return [ipaddress.ip_network(text, strict=False) for text in texts]


def address_allowed(text: str, networks: Sequence[Network] = ()) -> bool:
    """Return whether an outbound request may reach an IP address.

    Parameters
    ----------
    text : str
        IPv4 or IPv6 address; one with a scope (``%eth0``) is never allowed.
    networks : sequence of ip_network
        Allowed beside public addresses.

    Returns
    -------
    bool
        True if a connection may be made.
    """
    try:
        address = embedded_ipv4(ipaddress.ip_address(text))
    except ValueError:
        return False
    if any(address in network for network in networks if network.version == address.version):
        return True
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    closed = any(address in network for network in CLOSED if network.version == address.version)
    return address.is_global and not address.is_multicast and not address.is_reserved and not closed


class GuardedSockets:
    """Socket factory of a connector: makes sockets to allowed addresses only.

    Parameters
    ----------
    networks : sequence of str
        CIDR; allowed beside public addresses.
    """

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks = parse_networks(networks)

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        """Return a socket for one answer of `getaddrinfo`.

        Raises
        ------
        AddressDenied
            If its address may not be reached.
        """
        family, kind, protocol, _, (host, *_) = info
        if not address_allowed(host, self._networks):
            raise AddressDenied(f"{host} is not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def guarded_connector(
    networks: Sequence[str] = (), *, keep_alive: bool = False, per_host: int = 0
) -> aiohttp.TCPConnector:
    """Return a connector whose every connection is checked.

    Parameters
    ----------
    networks : sequence of str
        CIDR; allowed beside public addresses.
    keep_alive : bool
        Whether a connection serves several requests: its address was checked when it was made. False: an
        address is checked anew for each request.
    per_host : int
        The most connections to one host; 0: no limit.

    Returns
    -------
    aiohttp.TCPConnector
        For one `aiohttp.ClientSession`.
    """
    return aiohttp.TCPConnector(
        socket_factory=GuardedSockets(networks), force_close=not keep_alive, limit_per_host=per_host
    )


def connect_guarded(host: str, port: int, *, timeout_s: float, networks: Sequence[str] = ()) -> socket.socket:
    """Return a connected, blocking socket to an allowed address of a host.

    Parameters
    ----------
    host : str
        Name or address.
    port : int
        TCP port.
    timeout_s : float
        Seconds in which each operation of the socket must be done.
    networks : sequence of str
        CIDR; allowed beside public addresses.

    Returns
    -------
    socket.socket
        To be closed.

    Raises
    ------
    AddressDenied
        If no address of the host may be reached.
    OSError
        If it cannot be resolved or reached.
    """
    sockets = GuardedSockets(networks)
    failed: OSError = OSError(f"{host} has no address")
    for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        made = None
        try:
            made = sockets(info)
            made.settimeout(timeout_s)
            made.connect(info[4])
        except OSError as error:
            failed = error
            if made is not None:
                made.close()
        else:
            return made
    raise failed
