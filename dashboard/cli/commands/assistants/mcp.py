"""`huggins mcp`: the platform's tools for assistants, by the Model Context Protocol over standard input.

The protocol is JSON-RPC 2.0, a message a line (specification of 2025-06-18). The four methods that a server
of tools needs are written here: the package ``mcp`` would bring a web framework and telemetry.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

import click

from dashboard.cli.api import Api, ApiProblem, connect
from dashboard.cli.commands.assistants.tools import TOOLS
from dashboard.cli.output import run_async

VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")
PARSE, INVALID, NO_METHOD, BAD_ARGUMENTS = -32700, -32600, -32601, -32602
LONGEST = 4 * 2**20  # bytes of a message


class _Wrong(Exception):
    """A request that cannot be answered: its code of JSON-RPC, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@click.command()
@run_async
async def mcp() -> None:
    """Offer search, train, job and predict to an assistant, by MCP on standard input and output.

    It may do what its token may: that of `huggins login`, or of `huggins --server ADDRESS --token TOKEN mcp`.
    """
    async with connect() as api:
        async for line in _lines():
            answer = await respond(api, line)
            if answer is not None:
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()


async def _lines() -> AsyncIterator[str]:
    while line := await asyncio.to_thread(sys.stdin.readline, LONGEST):
        if line.strip():
            yield line


async def respond(api: Api, line: str) -> dict[str, Any] | None:
    """Return the answer to a message; None where it wants none.

    Parameters
    ----------
    api : Api
        The platform.
    line : str
        The message.
    """
    identifier: Any = None
    try:
        message = _message(line)
        identifier = message.get("id")
        if identifier is None:
            return None  # a notification
        result = await _result(api, str(message.get("method")), message.get("params") or {})
    except _Wrong as wrong:
        error = {"code": wrong.code, "message": str(wrong)}
        return {"jsonrpc": "2.0", "id": identifier, "error": error}
    return {"jsonrpc": "2.0", "id": identifier, "result": result}


def _message(line: str) -> Mapping[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise _Wrong(PARSE, "The message is no JSON.") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise _Wrong(INVALID, "The message is no request of JSON-RPC 2.0.")
    return message


async def _result(api: Api, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if method == "ping":
        return {}
    if method == "initialize":
        asked = params.get("protocolVersion")
        version = asked if asked in VERSIONS else VERSIONS[0]
        about = {"name": "huggins", "version": "0.1.0"}
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": [tool.to_json() for tool in TOOLS.values()]}
    if method == "tools/call":
        return await _called(api, str(params.get("name")), params.get("arguments") or {})
    raise _Wrong(NO_METHOD, f"There is no method {method}.")


async def _called(api: Api, name: str, arguments: Any) -> dict[str, Any]:
    tool = TOOLS.get(name)
    if tool is None:
        raise _Wrong(BAD_ARGUMENTS, f"There is no tool {name}; there are {', '.join(TOOLS)}.")
    given = arguments if isinstance(arguments, dict) else {}
    missing = [one for one in tool.required if one not in given]
    unknown = [one for one in given if one not in tool.properties]
    if missing or unknown or given is not arguments:
        told = [*(f"{one} is needed" for one in missing), *(f"{one} is not known" for one in unknown)]
        raise _Wrong(BAD_ARGUMENTS, f"The arguments of {name} are wrong: {', '.join(told) or 'no object'}.")
    try:
        found = await tool.call(api, given)
    except (ApiProblem, click.ClickException, OSError) as error:
        reason = error.message if isinstance(error, click.ClickException) else str(error)
        return {"content": [{"type": "text", "text": reason}], "isError": True}
    return {"content": [{"type": "text", "text": json.dumps(found)}], "isError": False}
