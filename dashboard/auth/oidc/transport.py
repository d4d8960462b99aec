"""Requests to a provider: through the guard, bounded in time and size, without redirects."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from dashboard.auth.oidc.errors import ProviderAway
from dashboard.base.outbound import guarded_connector

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
LARGEST = 1024 * 1024  # bytes of an answer


class Transport:
    """Sends requests to one provider.

    Parameters
    ----------
    title : str
        What people call the provider.
    networks : sequence of str
        In which it may be, beside the public internet.
    """

    def __init__(self, title: str, networks: Sequence[str]) -> None:
        self._title = title
        self._networks = networks

    async def get(self, address: str, token: str = "") -> Mapping[str, Any]:
        """Return the JSON object at an address.

        Parameters
        ----------
        address : str
            Of the provider.
        token : str
            Access token; empty: none.

        Raises
        ------
        ProviderAway
            If it does not answer with one.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        status, answer = await self._send("GET", address, headers=headers)
        if status != 200:
            raise self._away(f"it answered {status}")
        return answer

    async def post(
        self, address: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        """Send a form.

        Parameters
        ----------
        address : str
            Of the provider.
        form : mapping
            Its fields.
        headers : mapping
            With the name and secret of this platform at the provider, where they are not in the form.

        Returns
        -------
        int, mapping
            The status and the JSON object; empty where there is none.

        Raises
        ------
        ProviderAway
            If it does not answer, or with an error of its own.
        """
        status, answer = await self._send("POST", address, data=dict(form), headers=headers)
        if status >= 500:
            raise self._away(f"it answered {status}")
        return status, answer

    async def _send(self, method: str, address: str, **more: Any) -> tuple[int, Mapping[str, Any]]:
        headers = {"Accept": "application/json", "User-Agent": "Huggins", **more.pop("headers", {})}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=guarded_connector(self._networks), timeout=timeout, trust_env=False
                ) as session,
                session.request(method, address, headers=headers, allow_redirects=False, **more) as response,
            ):
                body = await response.content.read(LARGEST + 1)
                while len(body) <= LARGEST and (more_bytes := await response.content.read(LARGEST)):
                    body += more_bytes
                status = response.status
        except TimeoutError as error:
            raise self._away(f"no answer within {TIMEOUT_S:g} s") from error
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise self._away(str(error) or type(error).__name__) from error
        if len(body) > LARGEST:
            raise self._away("its answer is too large")
        return status, self._object(status, body)

    def _object(self, status: int, body: bytes) -> Mapping[str, Any]:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict):
            return answer
        if status == 200:
            raise self._away("its answer is no JSON object")
        return {}

    def _away(self, why: str) -> ProviderAway:
        log.warning("the provider %s: %s", self._title, why)  # strangers are not told its addresses
        return ProviderAway(f"{self._title} does not answer now. Try again later, or sign in in another way.")
