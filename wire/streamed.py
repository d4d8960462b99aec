"""Answers that are written piece by piece."""

from __future__ import annotations

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter


class StreamedAnswer(web.StreamResponse):
    """An answer of many pieces; a caller that asks by HEAD gets its head alone (RFC 9110, section 9.3.2).

    aiohttp writes the pieces of a `StreamResponse` to such a caller too, who takes them for the next answer.
    """

    _head_only = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the head.

        Parameters
        ----------
        request : web.BaseRequest
            It is answered.

        Returns
        -------
        AbstractStreamWriter or None
            What aiohttp's own method returns.
        """
        self._head_only = request.method == hdrs.METH_HEAD
        return await super().prepare(request)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a piece, unless the head is all.

        Parameters
        ----------
        data : bytes, bytearray or memoryview
            The piece.
        """
        if not self._head_only:
            await super().write(data)
