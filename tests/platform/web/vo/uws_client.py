"""A client of UWS for tests: what is sent, and what stands in the XML of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from aiohttp import ClientResponse

from tests.platform.web.conftest import Client

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
HREF = "{http://www.w3.org/1999/xlink}href"


@dataclass
class UwsClient:
    """Calls one job list."""

    client: Client
    headers: dict[str, str]
    base: str = "/uws/toy"

    async def get(self, path: str = "", status: int = 200, **query: Any) -> ClientResponse:
        answer = await self.client.get(self.base + path, params=query, headers=self.headers)
        assert answer.status == status, await answer.text()
        return answer

    async def text(self, path: str) -> str:
        return await (await self.get(path)).text()

    async def xml(self, path: str = "", **query: Any) -> ElementTree.Element:
        answer = await self.get(path, **query)
        assert answer.content_type == "text/xml"
        return ElementTree.fromstring(await answer.read())

    async def post(self, path: str = "", status: int = 303, **form: Any) -> str:
        """Return the path of where the answer sends to, below the list; else its text."""
        answer = await self.client.post(
            self.base + path, data=form, headers=self.headers, allow_redirects=False
        )
        assert answer.status == status, await answer.text()
        return await self._told(answer)

    async def delete(self, path: str, status: int = 303) -> str:
        answer = await self.client.delete(self.base + path, headers=self.headers, allow_redirects=False)
        assert answer.status == status, await answer.text()
        return await self._told(answer)

    async def _told(self, answer: ClientResponse) -> str:
        if answer.status != 303:
            return await answer.text()
        return answer.headers["Location"].partition(self.base)[2]

    async def listed(self, **query: Any) -> list[str]:
        return [one.attrib["id"] for one in await self.xml(**query)]


def value(document: ElementTree.Element, name: str) -> str | None:
    """Return the text of an element; None where it says that there is none. It must be there."""
    found = document.find(UWS + name)
    assert found is not None, name
    if found.get(NIL) == "true":
        assert not found.text
        return None
    return found.text or ""


def parameters(document: ElementTree.Element) -> dict[str, str]:
    """Return the parameters of a job by name."""
    found = document.findall(f"{UWS}parameters/{UWS}parameter")
    return {one.attrib["id"]: one.text or "" for one in found}
