"""Tile-compressed binary tables as fpack writes them (FITS 4.0, 10.3), made here by the standard."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.fits.hdu.compressed._codecs import Rice1
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra import UnreadableSpectrum, read
from spectra.reading.content import Content
from spectra.reading.limits import Limits
from spectra.reading.walk import iter_spectra
from tests.unit.spectra.reading.fits_bytes import header, padded

N = 90
WAVE = np.linspace(400.0, 500.0, N)
FLUX = np.linspace(1.0, 2.0, N).astype("f4")


def shuffled(values: np.ndarray) -> bytes:
    raw = np.frombuffer(values.tobytes(), np.uint8).reshape(-1, values.dtype.itemsize)
    return gzip.compress(raw.T.tobytes())


def plain(values: np.ndarray) -> bytes:
    return gzip.compress(values.tobytes())


def rice(values: np.ndarray) -> bytes:
    width = values.dtype.itemsize
    native = values.astype(values.dtype.newbyteorder("="))
    return bytes(Rice1(blocksize=32, bytepix=width, tilesize=values.size).encode(native))


PACKERS = {"GZIP_1": plain, "GZIP_2": shuffled, "RICE_1": rice}
LETTERS = {"f8": "D", "f4": "E", "i2": "I", "i4": "J", "u1": "B", "S8": "8A"}


def packed(columns: Mapping[str, tuple[np.ndarray, str]], tile: int = N, **cards: object) -> bytes:
    """Build a file of one packed table: a row per element, or a row per array where columns are 2-D."""
    rows = len(next(iter(columns.values()))[0])
    heap, places, named, width = b"", [], {}, 0
    for number, (name, (values, kind)) in enumerate(columns.items(), 1):
        letter = LETTERS[values.dtype.str[1:]]
        repeat = values[0].size if values.ndim == 2 else 1
        named |= {f"TTYPE{number}": name, f"TFORM{number}": "1QB(999)", f"ZCTYP{number}": kind,
                  f"ZFORM{number}": f"{repeat}{letter}" if letter in "DEIJB" else letter}  # fmt: skip
        width += repeat * values.dtype.itemsize
    for start in range(0, rows, tile):
        for values, kind in columns.values():
            cell = PACKERS[kind](values[start : start + tile])
            places += [len(cell), len(heap)]
            heap += cell
    table = np.array(places, ">i8").tobytes()
    structure = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 16 * len(columns),
        "NAXIS2": -(-rows // tile), "PCOUNT": len(heap), "GCOUNT": 1, "TFIELDS": len(columns),
        "ZTABLE": True, "ZTILELEN": tile,
        "ZNAXIS1": width, "ZNAXIS2": rows, "ZPCOUNT": 0,
    }  # fmt: skip
    primary = header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True})
    return primary + header({**structure, **named, **cards}) + padded(table + heap)


def big(values: np.ndarray) -> np.ndarray:
    return values.astype(values.dtype.newbyteorder(">"))


def spectrum_table(tile: int = N, **cards: object) -> bytes:
    columns = {
        "WAVE": (big(WAVE), "GZIP_2"), "FLUX": (big(FLUX), "GZIP_1"),
        "MASK": ((np.arange(N) % 5 == 0).astype(">i4"), "RICE_1"),
        "OBJECT": (np.full(N, b"Vega", "S8"), "GZIP_1"),
    }  # fmt: skip
    return packed(columns, tile, TUNIT1="nm", EXTNAME="SPEC", **cards)


@pytest.mark.parametrize("tile", [N, 40, 7, 1])
def test_a_packed_table_is_the_spectrum_that_the_plain_one_is(tile: int) -> None:
    (found,) = read(spectrum_table(tile), name="star.fits.fz")
    assert found.wavelength == pytest.approx(10.0 * WAVE)
    assert list(found.flux) == list(FLUX.astype(float))
    assert list(found.mask) == list(np.arange(N) % 5 == 0)  # type: ignore[arg-type]
    assert (found.meta.name, found.meta.group, found.provenance.unit_known_by) == ("star", "Vega", "TUNIT1")


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 30), tile=st.integers(1, 31), repeat=st.integers(1, 4), seed=st.integers(0, 99),
    kinds=st.lists(
        st.sampled_from([("f8", "GZIP_2"), ("f4", "GZIP_1"), ("i2", "RICE_1"), ("i4", "RICE_1"),
                         ("i4", "GZIP_2"), ("u1", "RICE_1"), ("u1", "GZIP_1"), ("i2", "GZIP_2")]),
        min_size=1, max_size=5,
    ),
)  # fmt: skip
def test_every_type_and_packing_gives_back_its_numbers(
    rows: int, tile: int, repeat: int, seed: int, kinds: list[tuple[str, str]]
) -> None:
    random = np.random.default_rng(seed)
    columns = {
        f"C{number}": (np.frombuffer(random.bytes(rows * repeat * np.dtype(kind).itemsize),
                                     f">{kind}").reshape(rows, repeat), packing)
        for number, (kind, packing) in enumerate(kinds)
    }  # fmt: skip
    content = Content("x.fits.fz", packed(columns, min(tile, rows)))
    table = content.fits.hdus[1]
    for name, (values, _) in columns.items():
        stored = np.stack([table.cells(name).stored(row).ravel() for row in range(rows if repeat > 1 else 1)])
        assert stored.astype(values.dtype).tobytes() == values.tobytes()


def arrays(**changed: object) -> bytes:
    """Build a packed table of two spectra of 60 and 20 pixels, as arrays of variable length."""
    parts = [(big(WAVE[:60]), big(FLUX[:60])), (big(WAVE[:20]), big(FLUX[:20]))]
    heap, cells, place = b"", [], 0
    for column, packer in ((0, shuffled), (1, plain)):
        inner, outer = [], []
        for row in parts:
            outer += [len(row[column]), place]
            place += row[column].nbytes
            one = packer(row[column])
            inner += [len(one), len(heap)]
            heap += one
        cells.append(gzip.compress(np.array(outer, ">i4").tobytes() + np.array(inner, ">i8").tobytes()))
    places = []
    for cell in cells:
        places += [len(cell), len(heap)]
        heap += cell
    cards = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 32, "NAXIS2": 1, "PCOUNT": len(heap),
        "GCOUNT": 1, "TFIELDS": 2, "ZTABLE": True, "ZTILELEN": 2, "ZNAXIS1": 16, "ZNAXIS2": 2,
        "ZPCOUNT": place,
        "TTYPE1": "WAVE", "TFORM1": "1QB(9)", "ZFORM1": "PD(60)", "ZCTYP1": "GZIP_2", "TUNIT1": "nm",
        "TTYPE2": "FLUX", "TFORM2": "1QB(9)", "ZFORM2": "PE(60)", "ZCTYP2": "GZIP_1",
    }  # fmt: skip
    primary = header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True})
    return primary + header(cards | changed) + padded(np.array(places, ">i8").tobytes() + heap)


def test_packed_arrays_of_different_lengths_are_one_spectrum_each() -> None:
    first, second = read(arrays())
    assert (len(first.flux), len(second.flux)) == (60, 20)
    assert second.wavelength == pytest.approx(10.0 * WAVE[:20])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ZNAXIS2": 10**7, "ZTILELEN": 10**7}, "far more than it holds"),
        ({"ZTILELEN": 3}, "tiles of 3 rows"),
        ({"ZTILELEN": 0}, "tiles of 0 rows"),
        ({"ZCTYP1": "HCOMPRESS_1"}, "HCOMPRESS_1.*not known"),
        ({"ZCTYP1": "RICE_1"}, "RICE_1.*not known"),
        ({"ZFORM1": "2D"}, "wider than its rows"),
        ({"ZNAXIS1": 8}, "wider than its rows"),
        ({"ZFORM1": "E"}, "bytes"),
        ({"ZNAXIS2": -1}, "negative"),
    ],
)
def test_a_packed_table_that_breaks_the_standard_says_what_to_do(
    changed: dict[str, object], words: str
) -> None:
    with pytest.raises(UnreadableSpectrum, match=rf"(?s){words}"):
        read(spectrum_table(**changed))


def test_packed_arrays_that_overlap_are_rejected() -> None:
    with pytest.raises(UnreadableSpectrum, match="overlap"):
        read(arrays(ZPCOUNT=100))


def test_a_packed_table_obeys_the_limits_of_the_server() -> None:
    with pytest.raises(UnreadableSpectrum, match="unpack to more than"):
        list(iter_spectra(spectrum_table(), limits=Limits(points=10)))


def test_other_hdus_of_a_packed_file_stay_as_they_are() -> None:
    image = fits.ImageHDU(FLUX, name="IMAGE")
    side = fits.BinTableHDU(Table({"A": [1, 2]}), name="SIDE")
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image, side]).writeto(out)
    content = Content("x.fits.fz", spectrum_table() + out.getvalue()[2880:])
    assert [hdu.name for hdu in content.fits.hdus] == ["", "SPEC", "IMAGE", "SIDE"]
    assert list(content.fits.hdus[2].image()) == list(FLUX.astype(float))
