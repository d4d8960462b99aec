"""Which methods an application takes, over its whole route table (RFC 9110, sections 9.1 and 15.5.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import hdrs, web
from aiohttp.test_utils import TestClient, make_mocked_request

Client = TestClient[web.Request, web.Application]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")


def paths(application: web.Application) -> list[str]:
    """Return the paths of an application's routes, with their variables."""
    resources = application.router.resources()
    return sorted({one.canonical for one in resources if not isinstance(one, web.StaticResource)})


async def taken_at(application: web.Application, path: str) -> set[str]:
    """Return the methods that an address takes, by every route that matches it."""
    request = make_mocked_request("PROPFIND", path)
    found: set[str] = set()
    for resource in application.router.resources():
        found |= (await resource.resolve(request))[1]
    return found


def filled(path: str, values: Mapping[str, str]) -> str:
    """Return a path whose variables have values: 1, unless one is given."""
    return re.sub(r"\{(\w+)\}", lambda variable: values.get(variable[1], "1"), path)


async def assert_405_is_true(
    client: Client, application: web.Application, values: Mapping[str, str], headers: Mapping[str, str]
) -> None:
    """Assert that every method but those of the table is answered by 405, which names those of the table."""
    for path in paths(application):
        address = filled(path, values)
        taken = await taken_at(application, address)
        for method in METHODS if hdrs.METH_ANY not in taken else ():
            answer = await client.request(method, address, headers=headers, allow_redirects=False)
            about = (method, path, answer.status)
            assert (answer.status == 405) == (method not in taken), about
            if answer.status == 405:
                assert set(re.split(r", *", answer.headers["Allow"])) == taken, about
            await answer.read()


async def assert_head_is_get(
    client: Client, application: web.Application, values: Mapping[str, str], headers: Mapping[str, str]
) -> set[str]:
    """Assert that HEAD answers as GET does, without content; return the paths that answered 200.

    A sign-in link is left out: HEAD must not use it up, and so does not know whether it is good.
    """
    good = set()
    for path in paths(application):
        address = filled(path, values)
        if path == "/enter" or not {hdrs.METH_GET, hdrs.METH_ANY} & await taken_at(application, address):
            continue
        got = await client.get(address, headers=headers, allow_redirects=False)
        got.close()  # its content may have no end
        head = await client.head(address, headers=headers, allow_redirects=False)
        assert head.status == got.status != 405, path
        assert head.content_type == got.content_type, path
        assert await head.read() == b""
        if got.status == 200:
            good.add(path)
    return good
