"""The head of one part of a form: its name, file name, type, charset and encoding (RFC 7578)."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from deepaas_plugins.serve.problems import Problem

# A backslash before anything but a quote is no escape: browsers on Windows send paths with it.
_DISPOSITION = re.compile(rb'form-data; *name="([^"\\]*)"(?:; *filename="((?:[^"\\]|\\(?!["\\]))*)")?\Z')

_FOLDED = re.compile(rb"\r\n[ \t]+")

_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]+)', re.IGNORECASE)


@dataclass(frozen=True)
class PartHead:
    """What stands before the content of a part: it is a file where `filename` is not None.

    Attributes
    ----------
    name, filename
        Of the field, and of the file as the caller calls it.
    content_type
        With its parameters; a default where none is given.
    encoding
        The Content-Transfer-Encoding in lower case; "binary" where none is given.
    """

    name: str
    filename: str | None
    content_type: str
    encoding: bytes = b"binary"

    @property
    def charset(self) -> str | None:
        """The charset that the part's own type names, if any."""
        return charset_of(self.content_type)


def charset_of(content_type: str) -> str | None:
    """Return the charset that a media type names, if any."""
    found = _CHARSET.search(content_type)
    return found[1] if found else None


def part_head(text: bytes) -> PartHead:
    """Read the head of a part.

    Parameters
    ----------
    text
        Its lines, without the empty one that ends them.

    Raises
    ------
    Problem
        400: the part has no name, or is a multipart body itself; 415: it is packed.
    """
    if b"\r\n " in text or b"\r\n\t" in text:
        text = _FOLDED.sub(b" ", text)
    headers: dict[bytes, bytes] = {}
    for line in text.split(b"\r\n"):
        key, _, value = line.partition(b":")
        headers[key.strip().lower()] = value.strip()
    name, filename = _disposition(headers.get(b"content-disposition", b""))
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Problem(
            415,
            "A part of the request is compressed by Content-Encoding: send it as it is, or as a .gz file.",
        )
    kind = headers.get(b"content-type", b"").decode("latin-1")
    if kind.lower().startswith("multipart/"):
        raise Problem(400, f"The part {name} is multipart itself: send its parts as fields of the form.")
    default = "text/plain" if filename is None else "application/octet-stream"
    encoding = headers.get(b"content-transfer-encoding", b"binary").lower()
    return PartHead(name, filename, kind or default, encoding)


def _disposition(value: bytes) -> tuple[str, str | None]:
    plain = _DISPOSITION.match(value)
    if plain:
        filename = plain[2]
        return _text(plain[1]), None if filename is None else _text(filename)
    # Escapes, filename*, other orders: rare, and aiohttp knows them all. It also takes other types than
    # form-data, as upstream does.
    from aiohttp.multipart import content_disposition_filename, parse_content_disposition  # noqa: PLC0415 - see above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what follows anyway: the part is rejected
        _, parameters = parse_content_disposition(_text(value))
    name = parameters.get("name")
    if name is None:
        raise Problem(
            400, "A part of the multipart body has no name (Content-Disposition: form-data; name=…)."
        )
    return name, content_disposition_filename(parameters, "filename")


def _text(value: bytes) -> str:
    """Decode a name: UTF-8 as browsers write it, else ISO-8859-1, in which every byte is a character."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
