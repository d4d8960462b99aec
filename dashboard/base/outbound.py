"""Which addresses a person's webhook may reach: public ones, and the networks that the settings name.

The address is checked where the socket is made, after the name was looked up: a name that means something
else a moment later, or a host written as a number, comes to the same check. What is written inside an IPv6
address (mapped, 6to4, NAT64, Teredo) counts as the IPv4 address that it stands for.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

from aiohttp.client_exceptions import ClientConnectionError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# Not `is_global` everywhere: shared (CGNAT), documentation and benchmarking ranges, "this network".
CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4")
)


class Forbidden(ClientConnectionError):
    """The address lies where a webhook may not point."""


def meant(address: Address) -> Address:
    """Return the IPv4 address that is written inside an IPv6 one, else the address itself."""
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


def allowed(text: str, networks: Sequence[Network] = ()) -> bool:
    """Return whether a webhook may be sent to an IP address (a scope such as ``%eth0`` is none)."""
    try:
        address = meant(ipaddress.ip_address(text))
    except ValueError:
        return False
    if any(address in network for network in networks if network.version == address.version):
        return True
    closed = any(address in network for network in CLOSED if network.version == address.version)
    return address.is_global and not address.is_multicast and not address.is_reserved and not closed


class SocketMaker:
    """Makes the sockets of a connector, for addresses that are allowed; the last word on every connection.

    Parameters
    ----------
    networks : sequence of str
        CIDR; allowed beside what is public.
    """

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(text, strict=False) for text in networks]

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        """Return a socket for what `getaddrinfo` answered; `Forbidden` when that may not be reached."""
        family, kind, protocol, _, (host, *_) = info
        if not allowed(host, self._networks):
            raise Forbidden(f"{host} is not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made
