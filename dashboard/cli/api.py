"""The client of the JSON API that the commands use."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import click

from dashboard.cli.connection import Connection
from wire.printable import printable

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=600)


class ApiProblem(click.ClickException):
    """The platform returned an error; printed with the invalid fields, exit code 1."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        said = problem.get("detail") or problem.get("message") or problem.get("title")
        lines = [str(said or f"the platform returned status {status}")]
        told = (error for error in problem.get("errors", ()) if error["message"].rstrip(".") not in lines[0])
        lines += [f"  {error['field']}: {error['message']}" for error in told]
        super().__init__(printable("\n".join(lines)))
        self.status = status


class Api:
    """Requests to one platform.

    Parameters
    ----------
    session
        Open, with the platform's address as its base and the token in its headers.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str, **query: str | int | Sequence[str]) -> Any:
        """Return the JSON at `path`; several values of one name are all asked for."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, body: Any = None, **query: str | int) -> Any:
        """Send JSON and return the JSON response."""
        return await self._ask("POST", path, params=query, json={} if body is None else body)

    async def post_form(self, path: str, form: aiohttp.FormData, **query: str | int) -> Any:
        """Send a multipart form."""
        return await self._ask("POST", path, params=query, data=form)

    async def post_text(self, path: str, text: bytes, content_type: str) -> Any:
        """Post a text.

        Parameters
        ----------
        path : str
            Path of the API, with a leading slash.
        text : bytes
            The body, encoded.
        content_type : str
            Its media type.

        Returns
        -------
        object
            The answer's JSON.

        Raises
        ------
        ApiProblem
            If the platform answers with an error.
        """
        return await self._ask("POST", path, data=text, headers={"Content-Type": content_type})

    async def put_file(self, path: str, file: Path) -> Any:
        """Stream a file's bytes to `path`."""
        with file.open("rb") as stream:
            return await self._ask(
                "PUT", path, data=stream, headers={"Content-Type": "application/octet-stream"}
            )

    async def delete(self, path: str, **query: str | int) -> Any:
        """Delete what is at `path`; the query says how."""
        return await self._ask("DELETE", path, params=query)

    async def bytes(self, path: str, **query: str | int) -> bytes:
        """Return the undecoded body of an answer.

        Parameters
        ----------
        path : str
            Path of the API, with a leading slash.
        **query : str or int
            Parameters of the query.

        Returns
        -------
        bytes
            The whole body.

        Raises
        ------
        ApiProblem
            If the platform answers with an error.
        """
        async with self._session.get(path, params=query) as answer:
            body = await answer.read()
            if answer.status >= 400:
                raise ApiProblem(answer.status, _json(body))
            return body

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        try:
            async with self._session.request(method, path, **request) as answer:
                body = await answer.read()
        except aiohttp.ClientConnectionError as error:
            raise click.ClickException(
                f"the platform is not responding ({error}); is `huggins up` running?"
            ) from error
        if answer.status >= 400:
            raise ApiProblem(answer.status, _json(body))
        return _json(body)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return {"detail": body[:500].decode("utf-8", "replace")}


@asynccontextmanager
async def connect(connection: Connection | None = None) -> AsyncIterator[Api]:
    """Open a client of the running platform."""
    connection = connection or Connection.find()
    headers = {"Authorization": f"Bearer {connection.token}", "Accept": "application/json"}
    async with aiohttp.ClientSession(connection.address, headers=headers, timeout=TIMEOUT) as session:
        yield Api(session)
