"""What cannot be read says what it is, what was found and looked for; one part costs no other."""

from __future__ import annotations

import bz2
import gzip
import io
import logging
import pickle
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from spectra import SpectrumList, UnreadableSpectrum, iter_spectra, read
from spectra.fault import Fault
from spectra.reading import entry
from tests.unit.spectra.reading.fits_bytes import image, table

W = np.linspace(5000.0, 5100.0, 60)
TEXT = "wavelength,flux\n" + "".join(f"{w:.2f},1\n" for w in W)


def reason(data: bytes, name: str = "upload.fits") -> str:
    rejected: list[UnreadableSpectrum] = []
    assert read(data, name=name, rejected=rejected.append) == []
    assert len(rejected) == 1
    return rejected[0].reason


def test_a_table_without_known_columns_is_described_and_says_what_to_rename() -> None:
    said = reason(table({"WAVEX": W, "FLUXES_X": W}, {"EXTNAME": "OBJ"}))
    for words in ("HDU 1 (OBJ)", "60 rows", "WAVEX, FLUXES_X", "WAVELENGTH", "rename WAVEX to WAVE"):
        assert words in said


def test_an_image_without_an_axis_is_described() -> None:
    assert "an image of 30 pixels" in reason(image(np.ones(30, np.float32)))


def test_a_votable_without_known_columns_names_them() -> None:
    out = io.BytesIO()
    Table({"wavex": W, "brightness": W}).write(out, format="votable")
    assert "wavex, brightness" in reason(out.getvalue())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page (HTML)"),
        (b"\n<html lang='en'><title>Sign in</title></html>", "web page (HTML)"),
        (pickle.dumps({"flux": [1.0]}), "pickle"),
        (b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}" + bytes(80), "NumPy array"),
        (b"\x89PNG\r\n\x1a\n" + bytes(80), "picture"),
        (b"%PDF-1.5\n", "PDF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        ("wave flux\n1 2\n".encode("utf-32"), "UTF-32"),
        (gzip.compress(gzip.compress(gzip.compress(TEXT.encode()))), "more than twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_are_no_spectra_are_named(data: bytes, words: str) -> None:
    assert words in reason(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pickle.dumps({"wave": [1.0]}, 0), "pickle"),
        (pickle.dumps({"wave": [1.0]}, 1), "pickle"),
        (pickle.dumps([1.0], 0), "pickle"),
        (pickle.dumps(np.ones(3), 0), "pickle"),
        (zlib.compress(pickle.dumps([1.0])), "zlib"),
        (gzip.compress(bz2.compress(TEXT.encode())), "bzip2 within another packing"),
        (bz2.compress(gzip.compress(TEXT.encode())), "gzip within another packing"),
        (b'{"wave": [1.0, 2.0]}', "JSON"),
        (b'  [\n {"wave": 1.0}]', "JSON"),
    ],
)
def test_pickles_of_old_protocols_and_packings_in_others_are_named(data: bytes, words: str) -> None:
    assert words in reason(data)


def test_a_spreadsheet_is_named() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            made.writestr(name, "<x/>")
    assert "spreadsheet" in reason(out.getvalue(), "book.xlsx")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_in_utf_16_is_read(codec: str) -> None:
    (spectrum,) = read(TEXT.encode(codec), name="excel.csv")
    assert len(spectrum.flux) == 60


def test_a_file_that_was_gzipped_twice_is_read() -> None:
    (spectrum,) = read(gzip.compress(gzip.compress(TEXT.encode())))
    assert len(spectrum.flux) == 60


def test_a_picture_is_rejected_once() -> None:
    cards = {"CTYPE1": "RA---TAN", "CRVAL1": 10.0, "CDELT1": -1e-5, "CRPIX1": 1.0}
    assert reason(image(np.ones((160, 9), np.float32), cards))


def test_a_file_of_which_no_row_is_good_is_rejected_once() -> None:
    waves, fluxes = np.tile(W, (50, 1)), np.full((50, 60), np.nan)
    said = reason(table({"WAVE": waves, "FLUX": fluxes}))
    assert "none of its 50 spectra" in said
    assert "row 0" in said


def test_a_file_of_very_many_bad_rows_is_rejected_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_MOST_WAITING", 30)
    waves, fluxes = np.tile(W, (50, 1)), np.full((50, 60), np.nan)
    assert "none of its first 30 spectra" in reason(table({"WAVE": waves, "FLUX": fluxes}))


def test_an_arm_with_a_bad_axis_does_not_cost_the_other() -> None:
    cards = {"CRVAL1": 4000.0, "CDELT1": 1.0}
    arms = [fits.ImageHDU(np.ones(60), name=name) for name in ("BLUE", "RED")]
    arms[0].header.update(cards)
    arms[1].header.update(cards | {"CUNIT1": "furlong"})
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *arms]).writeto(out)
    found = read(out.getvalue())
    assert (len(found), [error.place for error in found.missing]) == (1, ["HDU 2 (RED)"])


def test_an_arm_without_fluxes_does_not_cost_the_other_and_each_has_its_name() -> None:
    arms = [
        fits.ImageHDU(np.full(60, value), name=name)
        for name, value in (("B", np.nan), ("R", 1.0), ("Z", 2.0))
    ]
    waves = [fits.ImageHDU(W + 100.0 * place, name=f"WAVE_{arm.name}") for place, arm in enumerate(arms)]
    for place, arm in enumerate(arms):
        arm.header.update({"CRVAL1": 4000.0 + 100.0 * place, "CDELT1": 1.0})
    pairs = [fits.ImageHDU(arm.data, name=f"FLUX_{arm.name}") for arm in arms]
    for hdus, names, place in (
        (arms, ["x:R", "x:Z"], "HDU 1 (B)"),
        ([*pairs, *waves], ["x:FLUX_R", "x:FLUX_Z"], "HDU 1 (FLUX_B)"),
    ):
        out = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(out)
        found = read(out.getvalue(), name="x.fits")
        assert [one.meta.name for one in found] == names
        assert [error.place for error in found.missing] == [place]


@pytest.mark.parametrize("cut", [60, 400, 900])
def test_a_parquet_file_that_is_cut_short_says_so(cut: int) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"wave": W, "flux": W}), out)
    with pytest.raises(UnreadableSpectrum, match="Parquet file is broken or cut short"):
        read(out.getvalue()[:cut])


def coadd(dead: int) -> bytes:
    """Build a DESI coadd of three fibres on a small grid."""
    hdus: list[fits.PrimaryHDU | fits.ImageHDU | fits.BinTableHDU] = [fits.PrimaryHDU()]
    for arm, first in (("B", 3600.0), ("R", 3620.0), ("Z", 3640.0)):
        ivar = np.ones((3, 40))
        ivar[dead] = 0.0
        hdus += [
            fits.ImageHDU(first + np.arange(40.0), name=f"{arm}_WAVELENGTH"),
            fits.ImageHDU(np.arange(3.0)[:, None] * np.ones(40), name=f"{arm}_FLUX"),
            fits.ImageHDU(ivar, name=f"{arm}_IVAR"),
        ]
    hdus.append(fits.BinTableHDU(Table({"TARGETID": np.array([7, 8, 9])}), name="FIBERMAP"))
    out = io.BytesIO()
    fits.HDUList(hdus).writeto(out)
    return out.getvalue()


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_a_dead_fibre_does_not_cost_its_neighbours(dead: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "spectra"):
        found = read(coadd(dead), name="coadd.fits")
    assert isinstance(found, SpectrumList)
    assert [one.meta.group for one in found] == [str(7 + row) for row in range(3) if row != dead]
    (missing,) = found.missing
    assert (missing.source, missing.place, missing.kind) == ("coadd.fits", f"row {dead}", Fault.BAD_PIXELS)
    assert f"row {dead}" in caplog.text


def test_a_listener_and_the_walk_are_told_of_the_missing_part_too() -> None:
    heard: list[UnreadableSpectrum] = []
    found = read(coadd(1), rejected=heard.append)
    assert list(found.missing) == heard
    with pytest.raises(UnreadableSpectrum, match="row 1"):
        list(iter_spectra(coadd(1)))


def test_the_place_survives_pickling() -> None:
    (missing,) = read(coadd(1)).missing
    again = pickle.loads(pickle.dumps(missing))
    assert (again.place, again.reason) == (missing.place, missing.reason)


def test_a_file_that_cannot_be_read_at_all_still_raises() -> None:
    with pytest.raises(UnreadableSpectrum, match="no spectral axis"):
        read(image(np.ones(30, np.float32)))
