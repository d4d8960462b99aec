"""By which address a caller without a token is counted, and how often one address may call."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer, make_mocked_request

from dashboard.settings import ServerSettings, Settings, SettingsError
from deploy.access.address import KEPT, AddressRates, CallerAddresses, counted
from deploy.application import create_application
from deploy.service import DeployService
from tests.platform.deploy.world import DeployWorld, deployment


def seen(remote: str, *forwarded: str, proxies: tuple[str, ...] = ("10.0.0.0/8",)) -> str:
    headers: Any = [("X-Forwarded-For", one) for one in forwarded]
    request = make_mocked_request("GET", "/").clone(remote=remote)
    with_headers = make_mocked_request("GET", "/", headers=dict(headers[:1])).clone(remote=remote)
    return CallerAddresses(proxies).of(with_headers if forwarded else request)


def test_a_proxy_that_is_not_trusted_says_nothing() -> None:
    assert seen("192.0.2.1", "198.51.100.7") == "192.0.2.1"
    assert seen("10.0.0.1", "198.51.100.7", proxies=()) == "10.0.0.1"


def test_of_a_chain_the_last_address_that_is_no_proxy_counts() -> None:
    assert seen("10.0.0.1", "198.51.100.7") == "198.51.100.7"
    assert seen("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2") == "198.51.100.7"
    assert seen("10.0.0.1", "nonsense") == "unknown"
    assert seen("10.0.0.1") == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_one_customer_of_ipv6_is_one_address(address: str, shown: str) -> None:
    assert counted(address) == shown


def test_a_bucket_is_filled_again_and_old_addresses_are_forgotten() -> None:
    rates = AddressRates(2)
    assert [rates.take("a") > 0 for _ in range(3)] == [False, False, True]
    assert rates.take("b") == 0
    for number in range(KEPT):
        rates.take(str(number))
    assert rates.take("a") == 0


async def test_a_stranger_who_calls_too_often_is_told_and_others_are_answered(world: DeployWorld) -> None:
    await world.service.close()
    world.service = DeployService(
        world.database,
        world.launchers.__getitem__,
        world.folder,
        "me",
        addresses=CallerAddresses(["127.0.0.0/8"]),
        anonymous_rate=2,
    )
    await world.service.start()
    await world.service.create(deployment())
    await world.ready()
    async with TestServer(create_application(world.service)) as server, aiohttp.ClientSession() as session:

        async def call(address: str, **headers: str) -> int:
            told = {"X-Forwarded-For": address, **headers}
            async with session.post(server.make_url("/predict/be-stars"), data=b"x", headers=told) as answer:
                if answer.status == 429:
                    assert int(answer.headers["Retry-After"]) > 0
                return answer.status

        assert [await call("192.0.2.1") for _ in range(3)] == [200, 200, 429]
        assert await call("192.0.2.2") == 200
        assert await call("192.0.2.1", Prefer="respond-async") == 429
        _, secret = await world.service.tokens.make("be-stars", "a program")
        await world.service.refresh()
        assert await call("192.0.2.1", Authorization=f"Bearer {secret}") == 200


def test_a_proxy_that_is_no_network_is_named() -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        Settings(server=ServerSettings(trusted_proxies=("proxy.example",)))
