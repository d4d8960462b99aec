"""The Content-Transfer-Encoding of a part (RFC 2045, section 6), undone while the part arrives.

RFC 7578 (section 4.7) has no more use for it, but mail libraries and older clients still write it.
"""

from __future__ import annotations

import binascii
import re
from typing import Protocol

from deepaas_plugins.serve.problems import Problem

_PLAIN = frozenset({b"", b"binary", b"8bit", b"7bit"})

_NO_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)

_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})|=[ \t]{0,76}\r?\n")

#: An escape of quoted-printable that may go on in the next portion.
_OPEN_ESCAPE = re.compile(rb"=(?:[0-9A-Fa-f]?|[ \t]{0,76}\r?)\Z")


class Decoder(Protocol):
    """Undoes an encoding, portion by portion."""

    def feed(self, data: bytes) -> bytes:
        """Return what a portion decodes to; the end of it may wait for the next one."""

    def close(self) -> bytes:
        """Return what the end decodes to."""


def decoder(encoding: bytes) -> Decoder | None:
    """Return what undoes an encoding; None where there is nothing to undo.

    Raises
    ------
    Problem
        415: the encoding is not known.
    """
    if encoding in _PLAIN:
        return None
    if encoding == b"base64":
        return _Base64()
    if encoding == b"quoted-printable":
        return _QuotedPrintable()
    raise Problem(
        415,
        f"A part of the request has an unknown Content-Transfer-Encoding, {encoding.decode('latin-1')!r}.",
    )


class _Base64:
    """Section 6.8: characters that are none of base64 are passed over; "=" ends the content."""

    def __init__(self) -> None:
        self._rest = b""
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        if self._ended:
            return b""
        data = self._rest + data.translate(None, _NO_BASE64)
        padding = data.find(b"=")
        self._ended = padding >= 0
        if self._ended:
            data = data[:padding]
        whole = len(data) - len(data) % 4
        self._rest = data[whole:]
        return binascii.a2b_base64(data[:whole])

    def close(self) -> bytes:
        if not self._rest:
            return b""
        try:
            return binascii.a2b_base64(self._rest + b"=" * (-len(self._rest) % 4 if self._ended else 0))
        except binascii.Error as error:
            raise Problem(400, f"A part of the request is not base64: {error}.") from None


class _QuotedPrintable:
    """Section 6.7: what is no escape stays as it is."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        open_escape = _OPEN_ESCAPE.search(data, max(0, len(data) - 79))
        end = open_escape.start() if open_escape else len(data)
        self._rest = data[end:]
        return _unescaped(data[:end])

    def close(self) -> bytes:
        return _unescaped(self._rest)


def _unescaped(data: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"", data)
