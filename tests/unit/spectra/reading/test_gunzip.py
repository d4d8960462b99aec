"""Gzip from users: members, lies about sizes and cuts, in time linear in the size."""

import gzip
import io
import random
from typing import Any

import pytest

from spectra.reading.packed import gunzip as gunzip_module
from spectra.reading.packed.gunzip import gunzip, gunzip_stream
from spectra.reading.read_error import ReadError


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what decompressors are given, in bytes; what they do not take is given, and copied, again."""
    sizes: list[int] = []

    class Counting:
        def __init__(self) -> None:
            self._inner = decompressor()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def decompress(self, given: bytes, size: int) -> bytes:
            sizes.append(len(given))
            part: bytes = self._inner.decompress(given, size)
            return part

    decompressor = gunzip_module.decompressor
    monkeypatch.setattr(gunzip_module, "decompressor", Counting)
    return sizes


@pytest.mark.parametrize("content", [b"", b"1 2\n"])
@pytest.mark.parametrize("lies", [False, True])
def test_many_gzip_members_take_linear_time(content: bytes, lies: bool, copied: list[int]) -> None:
    one = gzip.compress(content, 1, mtime=0)
    members = 20_000
    packed = one * members + (gzip.compress(b"x" * 9) if lies else b"")
    assert len(gunzip(packed)) == len(content) * members + 9 * lies
    gunzip_stream(io.BytesIO(packed), io.BytesIO(), 1 << 30)
    assert sum(copied) < 2 * members * 1100 + 8 * len(packed)


def test_more_gzip_members_than_any_honest_file_has_are_rejected() -> None:
    with pytest.raises(ReadError, match="members"):
        gunzip(gzip.compress(b"", 1, mtime=0) * 201_000)


def test_a_gzip_file_that_lies_about_its_size_takes_linear_time(copied: list[int]) -> None:
    noise = random.Random(1).randbytes(1 << 20) * 8
    packed = gzip.compress(noise, 1, mtime=0)[:-4] + (5).to_bytes(4, "little")
    with pytest.raises(ReadError):
        gunzip(packed)
    honest = gzip.compress(noise, 1, mtime=0) + gzip.compress(b"end", mtime=0)
    assert gunzip(honest) == noise + b"end"
    assert sum(copied) < 4 * (len(packed) + len(honest))


def test_what_follows_the_last_gzip_member_is_passed_over_and_a_cut_is_told() -> None:
    packed = gzip.compress(b"1 2\n" * 1000)
    assert gunzip(packed + b"\0" * 100) == b"1 2\n" * 1000
    for end in (len(packed) - 1, len(packed) - 9, 12):
        with pytest.raises(ReadError):
            gunzip(packed[:end])
        with pytest.raises(ReadError, match="cut short"):
            gunzip_stream(io.BytesIO(packed[:end]), io.BytesIO(), 1 << 20)
