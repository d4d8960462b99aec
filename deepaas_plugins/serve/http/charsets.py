"""Text in the charset that its sender names."""

from __future__ import annotations

import codecs
import functools
import re

from deepaas_plugins.serve.problems import Problem

UTF8 = "utf-8"

#: Codecs of Python that are no charsets of texts, or take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}\Z")


@functools.lru_cache(maxsize=64)
def codec_of(charset: str) -> str:
    """Return Python's name of a charset.

    Raises
    ------
    Problem
        415: it is not known.
    """
    try:
        if not _PLAIN_NAME.match(charset):
            raise LookupError(charset)
        name = codecs.lookup(charset).name.replace("_", "-")
        " ".encode(charset)  # a LookupError where the codec encodes bytes
    except (LookupError, UnicodeError):
        name = ""
    if not name or name in _NO_CHARSETS:
        raise Problem(415, f"The charset {charset[:40]!r} is not known here: send text in UTF-8.")
    return name


def is_ascii_like(charset: str) -> bool:
    """Whether numbers and commas have the bytes of ASCII in a charset; raises as `codec_of` does."""
    return "1.5,x\n".encode(codec_of(charset)) == b"1.5,x\n"


def decode(content: bytes, charset: str, what: str) -> str:
    """Decode a text.

    Parameters
    ----------
    content
        Its bytes.
    charset
        As its sender names it.
    what
        What the text is, for the message.

    Raises
    ------
    Problem
        415: the charset is not known; 400: the bytes are no text in it.
    """
    codec = codec_of(charset)
    try:
        return content.decode(codec)
    except UnicodeError as error:
        raise Problem(400, f"{what} is not in the charset {charset}: {error}.") from None
