"""Spectra in other packings than gzip: bzip2, xz, zstd, compress (.Z), tile-compressed FITS (.fz)."""

from __future__ import annotations

import bz2
import io
import lzma
import random
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits

from spectra import UnreadableSpectrum, iter_spectra, read
from spectra.reading.limits import Limits
from spectra.reading.packed.lzw import unpack_lzw
from spectra.reading.packed.streams import unpacked
from spectra.reading.read_error import ReadError
from tests.unit.spectra.reading.fits_bytes import image, lamost

CARDS = {"CRVAL1": 4000.0, "CDELT1": 1.0, "CRPIX1": 1.0, "CTYPE1": "WAVE", "CUNIT1": "Angstrom"}


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data).to_pybytes())


class _Bits:
    def __init__(self) -> None:
        self.out = bytearray()
        self._group = bytearray()
        self._value = self._held = 0

    def put(self, code: int, width: int) -> None:
        self._value |= code << self._held
        self._held += width
        while self._held >= 8:
            self._group.append(self._value & 255)
            self._value, self._held = self._value >> 8, self._held - 8
        if len(self._group) == width and not self._held:
            self.out += self._group
            self._group.clear()

    def end_group(self, width: int, *, pad: bool = True) -> None:
        if self._held:
            self._group.append(self._value & 255)
        self._value = self._held = 0
        if self._group:
            self.out += self._group.ljust(width, b"\x00") if pad else self._group
            self._group.clear()


def compress(data: bytes, longest: int = 16, clear_after: int | None = None) -> bytes:
    """Pack as ncompress does (Welch 1984), clearing the table once after some codes where asked."""
    bits, width, after = _Bits(), 9, 0
    table = {bytes([byte]): byte for byte in range(256)}
    upcoming, word = 257, b""
    for byte in data:
        longer = word + bytes([byte])
        if longer in table:
            word = longer
            continue
        bits.put(table[word], width)
        after += 1
        if upcoming < 1 << longest:
            table[longer] = upcoming
            upcoming += 1
            if upcoming > 1 << width and width < longest:
                bits.end_group(width)
                width += 1
        word = bytes([byte])
        if after == clear_after:
            bits.put(table[word], width)
            if upcoming >= 1 << width and width < longest:
                bits.end_group(width)
                width += 1
            bits.put(256, width)
            bits.end_group(width)
            table = {bytes([one]): one for one in range(256)}
            upcoming, word, width = 257, b"", 9
    if word:
        bits.put(table[word], width)
    bits.end_group(width, pad=False)
    return b"\x1f\x9d" + bytes([0x80 | longest]) + bytes(bits.out)


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, compress])
def test_a_packed_file_reads_as_the_file_itself(pack: Callable[[bytes], bytes]) -> None:
    plain = lamost(120)
    (found,), (same,) = read(pack(plain), name="spec-1.fits.Z"), read(plain, name="spec-1.fits")
    np.testing.assert_array_equal(found.flux, same.flux)
    assert found.meta.name == same.meta.name == "spec-1"


@pytest.mark.parametrize(
    "data",
    [b"", b"a", b"aaaaaaaa" * 5000, random.Random(1).randbytes(70_000), lamost(3000)],
    ids=["nothing", "a byte", "repeated", "random", "a spectrum"],
)
@pytest.mark.parametrize("longest", [9, 12, 16])
@pytest.mark.parametrize("clear_after", [None, 300, 3000])
def test_lzw_is_undone_at_every_length_of_its_codes(
    data: bytes, longest: int, clear_after: int | None
) -> None:
    assert unpack_lzw(compress(data, longest, clear_after), 1 << 20) == data


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, zstd, compress])
def test_a_bomb_stops_at_the_cap(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ReadError, match="unpacks to more than"):
        unpacked(pack(bytes(400_000)), 100_000)


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, zstd])
def test_data_cut_short_are_rejected_and_further_streams_belong_to_the_file(
    pack: Callable[[bytes], bytes],
) -> None:
    packed = pack(random.Random(1).randbytes(5000))
    with pytest.raises(ReadError, match="cut short"):
        unpacked(packed[:-20], 1 << 20)
    assert unpacked(pack(b"one") + pack(b"two"), 1 << 20) == b"onetwo"
    assert unpacked(b"SIMPLE", 1 << 20) is None


@pytest.mark.parametrize(
    "packed", [b"\x1f\x9d", b"\x1f\x9d\x80", b"\x1f\x9d\x90\xff\xff\xff\xff", b"\x1f\x9d\xff\x00"]
)
def test_hostile_lzw_is_rejected(packed: bytes) -> None:
    with pytest.raises(ReadError, match="broken"):
        unpack_lzw(packed, 1 << 20)


def tiled(**options: object) -> bytes:
    out = io.BytesIO()
    pixels = np.linspace(1.0, 2.0, 200, dtype="f4")[None]
    packed = fits.CompImageHDU(pixels, header=fits.Header(CARDS | {"OBJECT": "Vega"}), **options)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "GZIP_2"])
def test_a_tile_compressed_image_is_unpacked(kind: str) -> None:
    (found,) = read(tiled(compression_type=kind, quantize_level=1e4), name="x.fits.fz")
    np.testing.assert_allclose(found.wavelength, 4000.0 + np.arange(200.0))
    np.testing.assert_allclose(found.flux, np.linspace(1.0, 2.0, 200), atol=1e-3)
    assert (found.meta.name, found.meta.group) == ("x", "Vega")


def test_an_image_that_was_primary_is_so_again() -> None:
    out = io.BytesIO()
    with fits.open(io.BytesIO(lamost(200))) as plain:
        packed = fits.CompImageHDU(
            plain[0].data, header=plain[0].header, compression_type="GZIP_2", quantize_level=0.0
        )
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(out)
    raw = out.getvalue().replace(b"ZIMAGE  =                    T", b"ZSIMPLE =                    T", 0)
    at = raw.index(b"ZTENSION") if b"ZTENSION" in raw else raw.index(b"END     ", 2880)
    raw = (
        raw[:at] + b"ZSIMPLE =                    T".ljust(80) + raw[at + 80 :] if b"ZTENSION" in raw else raw
    )
    (found,) = read(raw, name="x.fits.fz")
    np.testing.assert_allclose(found.flux, read(lamost(200))[0].flux)
    assert found.meta.extra["survey"] == "LAMOST"


def test_a_huge_promise_of_tiles_is_rejected_before_anything_is_made() -> None:
    raw = tiled().replace(b"ZNAXIS1 =                  200", b"ZNAXIS1 =           2000000000")
    with pytest.raises(UnreadableSpectrum, match="unpack to more than"):
        read(raw)


def test_a_compressed_table_says_what_to_do() -> None:
    raw = tiled().replace(b"ZIMAGE  =", b"ZTABLE  =")
    with pytest.raises(UnreadableSpectrum, match="funpack"):
        read(raw)


def test_a_zstd_file_is_read_and_named_without_its_ending() -> None:
    (found,) = read(zstd(lamost(200)), name="spec.fits.zst")
    np.testing.assert_array_equal(found.flux, read(lamost(200))[0].flux)
    assert found.meta.name == "spec"
    with pytest.raises(UnreadableSpectrum, match="zstd data are broken"):
        read(b"\x28\xb5\x2f\xfd" + b"\xff" * 60)


def test_packed_files_obey_the_limits_of_the_server() -> None:
    plain = image(np.ones(5000, np.float64), CARDS)
    with pytest.raises(UnreadableSpectrum, match="unpacks to more than"):
        list(iter_spectra(bz2.compress(plain), limits=Limits(points=100)))
