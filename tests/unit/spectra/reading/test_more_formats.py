"""DESI's joined arms, FITS ASCII tables, Multimodal Universe, LibreESpRIT, and what is rejected by name."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from spectra import Spectrum, UnreadableSpectrum, iter_spectra, read
from spectra.air import air_to_vacuum

WAVE = np.linspace(4000.0, 5000.0, 50)
FLUX = np.linspace(1.0, 2.0, 50)


def fits_bytes(*hdus: fits.hdu.base._BaseHDU) -> bytes:
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(out)
    return out.getvalue()


def test_desis_joined_arms_are_one_grid() -> None:
    fibres = fits.BinTableHDU.from_columns(
        [fits.Column("TARGETID", "K", array=[39627835576420141, 7]),
         fits.Column("TARGET_RA", "D", array=[1.0, 2.0]),
         fits.Column("TARGET_DEC", "D", array=[3.0, 4.0])], name="FIBERMAP",
    )  # fmt: skip
    ivar = np.ones((2, 50))
    ivar[1] = 0.0
    content = fits_bytes(
        fibres, fits.ImageHDU(WAVE, name="BRZ_WAVELENGTH"),
        fits.ImageHDU(np.stack([FLUX, FLUX]), name="BRZ_FLUX"),
        fits.ImageHDU(ivar, name="BRZ_IVAR"),
    )  # fmt: skip
    rejected: list[UnreadableSpectrum] = []
    (found,) = iter_spectra(content, rejected=rejected.append)
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-12)
    assert (found.meta.group, found.meta.ra) == ("39627835576420141", 1.0)
    assert "row 1" in rejected[0].reason


def test_a_fits_ascii_table_is_read_with_its_missing_values() -> None:
    columns = [
        fits.Column("NAME", "A8", array=["x"] * 50, ascii=True),
        fits.Column("WAVE", "F12.5", array=WAVE / 10, unit="nm", ascii=True),
        fits.Column("FLUX", "E15.7", array=FLUX * 1e-15, ascii=True),
        fits.Column("ERR", "D25.17", array=np.full(50, 1e-16), ascii=True),
    ]
    raw = fits_bytes(fits.TableHDU.from_columns(columns, name="SPEC"))
    at = raw.index(b"1.0000000E-15")
    (found,) = read(raw[:at] + b" " * 13 + raw[at + 13 :])
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-6)
    np.testing.assert_allclose(found.flux[1:], FLUX[1:] * 1e-15, rtol=1e-6)
    assert found.ivar == pytest.approx(np.full(50, 1e32))
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [0]


@pytest.mark.parametrize("card", [b"TFORM2  = 'Q12.5   '", b"TBCOL2  =               999999"])
def test_a_broken_ascii_table_is_rejected(card: bytes) -> None:
    columns = [
        fits.Column("FLUX", "E15.7", array=FLUX, ascii=True),
        fits.Column("WAVE", "F12.5", array=WAVE, ascii=True),
    ]
    raw = fits_bytes(fits.TableHDU.from_columns(columns))
    at = raw.index(card[:8])
    with pytest.raises(UnreadableSpectrum):
        read(raw[:at] + card.ljust(80) + raw[at + 80 :])


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


PADDED = {
    "flux": [*FLUX, 9.0],
    "ivar": [*np.full(50, 4.0), 0.0],
    "lambda": [*WAVE, -1.0],
    "mask": [True, *[False] * 50],
}


PIXELS = [dict(zip(PADDED, pixel, strict=True)) for pixel in zip(*PADDED.values(), strict=True)]


@pytest.mark.parametrize(
    "columns",
    [
        {"spectrum": [{key: list(values) for key, values in PADDED.items()}] * 2},
        {"spectrum": [PIXELS] * 2},
        {f"spectrum_{key}": [list(values)] * 2 for key, values in PADDED.items()},
    ],
)  # fmt: skip
def test_multimodal_spectra_lose_their_padding_and_keep_their_facts(columns: dict[str, Any]) -> None:
    facts = {
        "object_id": ["1237648720142401611", "2"],
        "ra": [10.0, 11.0],
        "dec": [-1.0, -2.0],
        "Z": [0.1, 0.2],
    }
    first, second = read(parquet(**columns, **facts))
    np.testing.assert_allclose(first.wavelength, WAVE)
    np.testing.assert_allclose(first.flux, FLUX)
    assert first.ivar == pytest.approx(np.full(50, 4.0))
    assert first.mask is not None
    assert list(np.flatnonzero(first.mask)) == [0]
    assert (first.meta.group, first.meta.ra, first.meta.dec) == ("1237648720142401611", 10.0, -1.0)
    assert (first.meta.extra["redshift"], second.meta.source.row) == (0.1, 1)


def test_a_multimodal_row_without_a_spectrum_rejects_itself_only() -> None:
    spectrum = {"flux": list(FLUX), "lambda": list(WAVE)}
    rejected: list[UnreadableSpectrum] = []
    (found,) = iter_spectra(parquet(spectrum=[None, spectrum]), rejected=rejected.append)
    assert len(found.flux) == 50
    assert len(rejected) == 1


def libreesprit(columns: int, *orders: np.ndarray) -> list[Spectrum]:
    rows = [
        f" {wave / 10:9.4f} {flux:.4e}" + " 0.0" * (columns - 2) + " 1.0e-02"
        for order in orders
        for wave, flux in zip(order, FLUX, strict=True)
    ]
    text = "***Reduced spectrum of 'HD 1'\n" + f" {len(rows)} {columns}\n" + "\n".join(rows) + "\n"
    return read(text.encode(), name="star.s")


@pytest.mark.parametrize("columns", [2, 5])
def test_libreesprit_orders_overlap_and_are_in_nm_in_air(columns: int) -> None:
    first, second = libreesprit(columns, WAVE, WAVE + 900.0)
    np.testing.assert_allclose(first.wavelength, air_to_vacuum(WAVE), rtol=2e-7)
    np.testing.assert_allclose(second.wavelength, air_to_vacuum(WAVE + 900.0), rtol=2e-7)
    assert first.ivar == pytest.approx(np.full(50, 1e4))
    assert (first.meta.group, first.meta.frame, second.meta.source.row) == ("HD 1", "air", 1)


@pytest.mark.parametrize(
    ("columns", "name", "reason"),
    [
        (["DATA", "CRVAL1", "CDELT1", "RESTFREQ"], "SINGLE DISH", "SDFITS"),
        (["DATA", "CRVAL1", "CDELT1"], "MATRIX", "SDFITS"),
        (["CHANNEL", "COUNTS"], "SPECTRUM", "OGIP"),
    ],
)
def test_what_holds_no_spectrum_is_rejected_by_its_name(columns: list[str], name: str, reason: str) -> None:
    cells = {"DATA": ("8E", np.ones((4, 8)))}
    made = [
        fits.Column(column, form, array=array)
        for column in columns
        for form, array in [cells.get(column, ("E", np.ones(4)))]
    ]
    with pytest.raises(UnreadableSpectrum, match=reason):
        read(fits_bytes(fits.BinTableHDU.from_columns(made, name=name)))


def test_uves_popler_has_logarithms_in_vacuum() -> None:
    cards = {"CTYPE1": "LOGLIN", "CRVAL1": 3.58, "CDELT1": 1e-4, "CRPIX1": 1, "DC-FLAG": 1}
    out = io.BytesIO()
    fits.PrimaryHDU(FLUX, header=fits.Header(cards)).writeto(out)
    (found,) = read(out.getvalue())
    np.testing.assert_allclose(found.wavelength, 10 ** (3.58 + 1e-4 * np.arange(50)), rtol=1e-12)
    assert (found.meta.frame, "frame_assumed" in found.meta.extra) == ("vacuum", False)
