"""Memory and time stay bounded whatever a small file promises."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spectra import UnreadableSpectrum, read
from spectra.reading.fits_file.structure import hdus
from spectra.reading.manifest import read_manifest
from spectra.spectrum import Source, Spectrum, SpectrumMeta
from tests.unit.spectra.reading.fits_bytes import BLOCK, header, padded

FIELDS = '<FIELD name="wave" datatype="double" unit="nm"{0}/><FIELD name="flux" datatype="double"{0}/>'
ROWS = "<TR><TD>500 501</TD><TD>1 2</TD></TR>"


def votable(table: str = "", field: str = "", rows: str = ROWS) -> bytes:
    return (
        f"<VOTABLE><RESOURCE><TABLE{table}>{FIELDS.format(field)}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA>"
        "</TABLE></RESOURCE></VOTABLE>"
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        votable(' nrows="3000000000"'),
        votable(' nrows="&#57;000000000"'),
        votable(f' nrows="{"9" * 400}"'),
        votable("", ' arraysize="50000000"'),
        votable("", ' arraysize="70000x700"'),
        votable("", ' arraysize="20000"', ROWS * 1000),
    ],
)
def test_a_votable_that_promises_more_than_it_can_hold_is_rejected_at_once(data: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(UnreadableSpectrum, match="more than the document can hold"):
        read(data)
    assert time.monotonic() - began < 5.0


@pytest.mark.parametrize(("table", "field"), [(' nrows="1"', ' arraysize="2"'), ("", ' arraysize="*"')])
def test_a_votable_that_keeps_its_promise_is_read(table: str, field: str) -> None:
    (spectrum,) = read(votable(table, field))
    assert list(spectrum.wavelength) == pytest.approx([5000.0, 5010.0])


def heap_table(rows: int, points: int, shared: bool) -> bytes:
    """Build a table of arrays in the heap: each row its own, or all rows the same one."""
    one = (5000.0 + np.arange(points)).astype(">f4").tobytes()
    heap = one if shared else one * rows
    starts = [0 if shared else row * len(one) for row in range(rows)]
    places = b"".join(struct.pack(">iiii", points, start, points, start) for start in starts)
    cards: dict[str, object] = {"XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 16, "NAXIS2": rows}
    cards |= {"PCOUNT": len(heap), "GCOUNT": 1, "TFIELDS": 2}
    cards |= {"TTYPE1": "WAVE", "TFORM1": "PE", "TTYPE2": "FLUX", "TFORM2": "PE"}
    first = header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True})
    return first + header(cards) + padded(places + heap)


def test_rows_that_point_at_one_array_are_rejected() -> None:
    assert len(read(heap_table(20, 30, shared=False))) == 20
    with pytest.raises(UnreadableSpectrum, match="overlap"):
        read(heap_table(1000, 3000, shared=True))


def test_a_manifest_of_many_rows_is_applied_in_linear_time(tmp_path: Path) -> None:
    count = 20_000
    path = tmp_path / "manifest.csv"
    path.write_text("path,row,label\n" + "".join(f"a.npz,{row},x{row}\n" for row in range(count)))
    manifest = read_manifest(path)
    grid = np.array([5000.0, 5001.0])
    metas = [SpectrumMeta("s", source=Source("a.npz", None, row)) for row in range(count)]
    items = [Spectrum(grid, grid, meta=meta) for meta in metas]
    began = time.monotonic()
    found = list(manifest.apply("a.npz", items))
    assert time.monotonic() - began < 10.0
    labels = [one.meta.label for one in found if isinstance(one, Spectrum)]
    assert labels == [f"x{row}" for row in range(count)]


def test_many_long_headers_are_read_in_linear_time() -> None:
    cards = {f"K{number}": number for number in range(2600)}
    one = header({"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": 0, **cards})
    assert len(one) > 64 * BLOCK
    data = header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0}) + one * 100
    began = time.monotonic()
    assert len(list(hdus(data))) == 101
    assert time.monotonic() - began < 20.0


def parquet(rows: int, points: int, constant: bool) -> bytes:
    generator = np.random.default_rng(1)
    axis = np.full(points, 5000.0) if constant else 5000.0 + np.arange(points)
    flux = np.ones(points) if constant else generator.normal(size=points)
    offsets = pa.array([row * points for row in range(rows + 1)], pa.int32())
    columns = {
        name: pa.ListArray.from_arrays(offsets, pa.array(np.tile(values, rows)))
        for name, values in (("wavelength", axis), ("flux", flux))
    }
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_a_parquet_file_of_constants_is_rejected_before_they_are_made() -> None:
    data = parquet(1, 6_000_000, constant=True)
    assert len(data) < 10_000
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableSpectrum, match="far more than spectra pack to"):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_parquet_file_of_pixels_is_bounded_over_all_its_row_groups() -> None:
    out = io.BytesIO()
    constant = pa.array(np.full(5_000_000, 5000.0))
    pq.write_table(pa.table({"wave": constant, "flux": constant}), out, row_group_size=500_000)
    with pytest.raises(UnreadableSpectrum, match="far more than spectra pack to"):
        read(out.getvalue())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (votable().replace(b"<DATA>", b'<FIELD name="a" datatype="double"/>' * 3000 + b"<DATA>"),
         "2,000 columns"),
        (b"Byte-by-byte Description\n" + b"  1-  8 F8.3 nm wave\n" * 2000 + b"-" * 60 + b"\n1 2\n",
         "2,000 columns"),
        (b"|a" * 2000 + b"|\n 1\n", "columns; the most"),
        (b"# %ECSV 1.0\n# ---\n# a: " + b"[" * 20000 + b"\nwave flux\n1 2\n", "ECSV header is broken"),
        (b"1 " * 600_000, "more than 1,048,576 characters"),
        (header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0})
         + header({"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": 0}) * 400, "no spectral axis or columns"),
    ],
    ids=["votable", "cds", "ipac", "ecsv", "line", "hdus"],
)  # fmt: skip
def test_a_small_file_that_would_take_long_is_rejected_at_once(data: bytes, words: str) -> None:
    began = time.monotonic()
    with pytest.raises(UnreadableSpectrum, match=words):
        read(data)
    assert time.monotonic() - began < 10.0


def test_rows_of_parquet_on_one_grid_are_read_though_they_pack_well() -> None:
    found = read(parquet(700, 2000, constant=False))
    assert len(found) == 700
    assert (found[699].wavelength == found[0].wavelength).all()
