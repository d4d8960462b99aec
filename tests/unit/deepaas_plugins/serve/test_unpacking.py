"""Bodies that are packed: unpacked in portions, and what is not known or broken is rejected."""

from __future__ import annotations

import gzip
import zlib

import pytest

from deepaas_plugins.serve.http.unpacking import MOST_MEMBERS, PIECE, Unpacker, coding_of
from deepaas_plugins.serve.problems import Problem

TEXT = b"wavelength,flux\n" * 5000


def unpacked(coding: str, packed: bytes, size: int) -> bytes:
    unpacker = Unpacker(coding)
    portions = (packed[place : place + size] for place in range(0, len(packed), size))
    content = b"".join(piece for portion in portions for piece in unpacker.feed(portion))
    unpacker.close()
    return content


def status_of(coding: str, packed: bytes) -> int:
    try:
        unpacked(coding, packed, 1000)
    except Problem as problem:
        return problem.status
    return 200


@pytest.mark.parametrize("size", [1, 13, 2**20])
def test_what_clients_pack_is_unpacked(size: int) -> None:
    raw = zlib.compressobj(wbits=-15)
    assert unpacked("gzip", gzip.compress(TEXT), size) == TEXT
    assert unpacked("x-gzip", gzip.compress(TEXT) + gzip.compress(b"more"), size) == TEXT + b"more"
    assert unpacked("deflate", zlib.compress(TEXT), size) == TEXT
    assert unpacked("deflate", raw.compress(TEXT) + raw.flush(), size) == TEXT
    assert unpacked("gzip", b"", size) == b""


def test_a_bomb_comes_in_pieces() -> None:
    pieces = Unpacker("gzip").feed(gzip.compress(bytes(50 * 2**20)))
    assert max(len(piece) for piece in pieces) <= PIECE


@pytest.mark.parametrize("size", [*range(PIECE - 2, PIECE + 3), PIECE + 258, 2 * PIECE, 4 * PIECE + 100])
def test_a_body_ends_anywhere_within_a_piece(size: int) -> None:
    assert unpacked("gzip", gzip.compress(bytes(size)), 2**20) == bytes(size)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", b"SIMPLE  ="),
        ("gzip", gzip.compress(TEXT)[:-4]),
        ("gzip", gzip.compress(TEXT) + b"star"),
        ("deflate", zlib.compress(TEXT) + b"star"),
        ("deflate", zlib.compress(TEXT)[:-1] + b"x"),
        ("gzip", gzip.compress(b"") * (MOST_MEMBERS + 1)),
    ],
)
def test_what_is_not_packed_so_is_rejected(coding: str, packed: bytes) -> None:
    assert status_of(coding, packed) == 400


@pytest.mark.parametrize("headers", [["br"], ["zstd"], ["gzip, gzip"], ["gzip", "deflate"], ["compress"]])
def test_a_coding_that_is_not_known_is_415_and_says_which_are(headers: list[str]) -> None:
    with pytest.raises(Problem) as problem:
        coding_of(headers)
    assert problem.value.status == 415
    assert problem.value.headers == {"Accept-Encoding": "gzip, deflate"}


def test_identity_is_no_coding() -> None:
    assert coding_of([]) == coding_of(["identity"]) == coding_of(["", "Identity, "]) == ""
    assert coding_of(["identity", "GZIP"]) == "gzip"
