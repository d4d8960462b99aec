"""Gzip from users: members, lies about sizes and cuts, in time linear in the size."""

import gzip
import io
import random
import time

import pytest

from spectra.reading.gunzip import gunzip, gunzip_stream
from spectra.reading.read_error import ReadError


@pytest.mark.parametrize("content", [b"", b"1 2\n"])
@pytest.mark.parametrize("lies", [False, True])
def test_many_gzip_members_take_linear_time(content: bytes, lies: bool) -> None:
    one = gzip.compress(content, 1, mtime=0)
    packed = one * (3_000_000 // len(one)) + (gzip.compress(b"x" * 9) if lies else b"")
    began = time.process_time()
    assert len(gunzip(packed)) == len(content) * (3_000_000 // len(one)) + 9 * lies
    out = io.BytesIO()
    gunzip_stream(io.BytesIO(packed), out, 1 << 30)
    assert time.process_time() - began < 5
    with pytest.raises(ReadError, match="members"):
        gunzip(one * 300_000)


def test_a_gzip_file_that_lies_about_its_size_takes_linear_time() -> None:
    noise = random.Random(1).randbytes(1 << 20) * 24
    packed = gzip.compress(noise, 1, mtime=0)[:-4] + (5).to_bytes(4, "little")
    began = time.process_time()
    with pytest.raises(ReadError):
        gunzip(packed)
    honest = gzip.compress(noise, 1, mtime=0) + gzip.compress(b"end", mtime=0)
    assert gunzip(honest) == noise + b"end"
    assert time.process_time() - began < 5


def test_what_follows_the_last_gzip_member_is_passed_over_and_a_cut_is_told() -> None:
    packed = gzip.compress(b"1 2\n" * 1000)
    assert gunzip(packed + b"\0" * 100) == b"1 2\n" * 1000
    for end in (len(packed) - 1, len(packed) - 9, 12):
        with pytest.raises(ReadError):
            gunzip(packed[:end])
        with pytest.raises(ReadError, match="cut short"):
            gunzip_stream(io.BytesIO(packed[:end]), io.BytesIO(), 1 << 20)
