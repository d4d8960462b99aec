"""Where outbound requests may go: the address of the socket is what counts."""

from __future__ import annotations

import ipaddress
import socket

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from dashboard.base.outbound import AddressDenied, GuardedSockets, address_allowed, guarded_connector

CLOSED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fec0::1", "feff::1", "::ffff:0:127.0.0.1", "5f00::1", "3fff::1", "4000::1", "100::1", "192.88.99.1",
    "2001:20::1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_is_closed(address: str) -> None:
    assert not address_allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_open(address: str) -> None:
    assert address_allowed(address)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_inside_an_ipv6_one_is_judged_as_itself(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    inside = (
        f"::ffff:{plain}",
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
        str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))),
    )
    assert {address_allowed(text) for text in inside} == {address_allowed(str(plain))}


def test_a_network_that_the_settings_name_is_open_and_its_neighbours_are_not() -> None:
    networks = [ipaddress.ip_network("10.1.0.0/16")]
    assert address_allowed("10.1.2.3", networks)
    assert not address_allowed("10.2.2.3", networks)
    assert address_allowed("::ffff:10.1.2.3", networks)


def test_no_socket_is_made_for_a_closed_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(AddressDenied, match=r"127\.0\.0\.1"):
        GuardedSockets([])(info)
    GuardedSockets(["127.0.0.0/8"])(info).close()


async def _redirect(request: web.Request) -> web.Response:
    raise web.HTTPFound(f"http://127.0.0.2:{request.url.port}/")


async def test_a_connector_rejects_closed_addresses_by_name_and_by_redirect() -> None:
    application = web.Application()
    application.router.add_get("/", _redirect)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession(connector=guarded_connector()) as session:
            for host in ("localhost", "127.0.0.1", "2130706433", "[::ffff:127.0.0.1]"):
                with pytest.raises(aiohttp.ClientError):
                    await session.get(f"http://{host}:{port}/")
        async with aiohttp.ClientSession(connector=guarded_connector(["127.0.0.1/32"])) as session:
            answer = await session.get(f"http://127.0.0.1:{port}/", allow_redirects=False)
            assert answer.status == 302
            with pytest.raises(AddressDenied, match=r"127\.0\.0\.2"):
                await session.get(f"http://127.0.0.1:{port}/")
    finally:
        await runner.cleanup()
