"""Where a webhook may point: the socket's own address is what counts."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.base.outbound import Forbidden, SocketMaker, allowed

CLOSED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_is_closed(address: str) -> None:
    assert not allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_open(address: str) -> None:
    assert allowed(address)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_inside_an_ipv6_one_is_judged_as_itself(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    inside = (
        f"::ffff:{plain}",
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
        str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))),
    )
    assert {allowed(text) for text in inside} == {allowed(str(plain))}


def test_a_network_that_the_settings_name_is_open_and_its_neighbours_are_not() -> None:
    networks = [ipaddress.ip_network("10.1.0.0/16")]
    assert allowed("10.1.2.3", networks)
    assert not allowed("10.2.2.3", networks)
    assert allowed("::ffff:10.1.2.3", networks)


def test_no_socket_is_made_for_a_closed_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(Forbidden, match=r"127\.0\.0\.1"):
        SocketMaker([])(info)
    SocketMaker(["127.0.0.0/8"])(info).close()
