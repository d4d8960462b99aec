"""APOGEE's planes and the Milky Way Mapper's tables."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits

from spectra import Spectrum, read

AXIS = {"CRVAL1": 4.179, "CDELT1": 6e-6, "CRPIX1": 1, "CTYPE1": "LOG-LINEAR", "DC-FLAG": 1}
GRID = 10 ** (4.179 + 6e-6 * np.arange(500))
OBJECT = {"OBJID": "2M00000002+7417074", "RA": 0.000103, "DEC": 74.285408, "SURVEY": "apogee", "SNR": 97.0}


def spectra_of(primary: dict[str, object], *hdus: fits.hdu.base.ExtensionHDU) -> list[Spectrum]:
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=fits.Header(primary)), *hdus]).writeto(out)
    return read(out.getvalue(), name="x.fits")


def plane(values: npt.NDArray[np.generic], **cards: object) -> fits.ImageHDU:
    return fits.ImageHDU(values, header=fits.Header(AXIS | cards))


def star(rows: int) -> list[Spectrum]:
    flux = np.ones((rows, 500), "f4") * (1.0 + np.arange(rows, dtype="f4")[:, None])
    mask = np.zeros((rows, 500), "i2")
    mask[:, 3], mask[:, 4] = 1, 1 << 9  # BADPIX, and PERSIST_HIGH that makes no pixel bad
    cards = OBJECT | {"VHELIO1": 10.0, "SNRVIS1": 50.0, "VHELIO2": 20.0, "VRAD": 15.0}
    return spectra_of(cards, plane(flux), plane(np.full((rows, 500), 0.5, "f4")), plane(mask))


def test_an_ap_star_is_its_combined_spectrum_and_its_visits() -> None:
    found = star(4)
    assert [spectrum.meta.source.row for spectrum in found] == [0, 2, 3]
    assert [spectrum.flux[0] for spectrum in found] == [1.0, 3.0, 4.0]
    assert {spectrum.meta.group for spectrum in found} == {"2M00000002+7417074"}
    assert [spectrum.meta.extra["radial_velocity"] for spectrum in found] == [15.0, 10.0, 20.0]
    for spectrum in found:
        np.testing.assert_allclose(spectrum.wavelength, GRID, rtol=1e-12)
        assert spectrum.ivar == pytest.approx(np.full(500, 4.0))
        assert spectrum.mask is not None
        assert list(np.flatnonzero(spectrum.mask)) == [3]
        assert (spectrum.meta.frame, spectrum.meta.ra, spectrum.meta.dec) == ("vacuum", 0.000103, 74.285408)


def test_an_ap_star_of_one_visit_has_one_row() -> None:
    (found,) = star(1)
    assert found.meta.source.row is None


def test_the_third_plane_of_an_aspcap_star_is_a_model_and_no_mask() -> None:
    ones = np.ones(500, "f4")
    (found,) = spectra_of(OBJECT, plane(ones), plane(0.1 * ones), plane(ones))
    np.testing.assert_allclose(found.wavelength, GRID, rtol=1e-12)
    assert found.mask is None
    assert found.ivar == pytest.approx(np.full(500, 100.0))


def test_an_ap_visit_joins_its_three_detectors_in_ascending_order() -> None:
    wave = np.stack([np.linspace(top, top - 300.0, 100) for top in (16950.0, 16430.0, 15800.0)])
    mask = np.zeros((3, 100), "i4")
    mask[2, 99] = 1  # the shortest wavelength
    flux = wave.astype("f4")
    (found,) = spectra_of(
        OBJECT | {"VHELIO": -3.5},
        *(fits.ImageHDU(plane) for plane in (flux, np.full((3, 100), 2.0), mask)),
        fits.ImageHDU(wave, header=fits.Header({"BUNIT": "Wavelength (Ang)"})),
    )
    np.testing.assert_allclose(found.wavelength, np.sort(wave.ravel()))
    np.testing.assert_allclose(found.flux, found.wavelength, rtol=1e-6)
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [0]
    assert (found.meta.group, found.meta.extra["radial_velocity"]) == ("2M00000002+7417074", -3.5)


def mapper(name: str, *more: fits.Column, header: dict[str, object] | None = None) -> fits.BinTableHDU:
    flags = np.zeros((2, 300), "i8")
    flags[0, 7] = 1
    columns = [
        fits.Column("sdss_id", "K", array=[114829338, 114829338]),
        fits.Column("flux", "300E", array=np.ones((2, 300))),
        fits.Column("ivar", "300E", array=np.full((2, 300), 4.0)),
        fits.Column("pixel_flags", "300K", array=flags),
        fits.Column("v_rad", "E", array=[-12.5, np.nan]),
        fits.Column("obj", "10A", array=["2M0001", "2M0001"]),
        *more,
    ]
    table = fits.BinTableHDU.from_columns(columns, name=name)
    table.header.update(header or {})
    return table


def test_an_mwm_visit_has_its_axis_in_keywords_without_a_number() -> None:
    cards = {
        "CRVAL": 4.179,
        "CDELT": 6e-6,
        "CTYPE": "LOG-LINEAR",
        "CUNIT": "Angstrom (Vacuum)",
        "CRPIX": 1,
        "NPIXELS": 300,
    }
    found = spectra_of({"SDSS_ID": 114829338, "RA": 1.5, "DEC": -2.5}, mapper("APOGEE/APO", header=cards))
    assert len(found) == 2
    for row, spectrum in enumerate(found):
        np.testing.assert_allclose(spectrum.wavelength, GRID[:300], rtol=1e-12)
        assert (spectrum.meta.group, spectrum.meta.ra, spectrum.meta.dec) == ("114829338", 1.5, -2.5)
        assert (spectrum.meta.source.hdu, spectrum.meta.source.row) == (1, row)
    assert found[0].mask is not None
    assert list(np.flatnonzero(found[0].mask)) == [7]
    assert found[0].meta.extra["radial_velocity"] == -12.5
    assert "radial_velocity" not in found[1].meta.extra


def test_an_mwm_star_has_a_wavelength_column_in_each_table() -> None:
    wave = fits.Column("wavelength", "300D", array=np.tile(np.linspace(3600.0, 10000.0, 300), (2, 1)))
    empty = fits.BinTableHDU.from_columns(
        [fits.Column("flux", "300E"), fits.Column("ivar", "300E"), fits.Column("wavelength", "300D")],
        nrows=0,
        name="BOSS/LCO",
    )
    found = spectra_of({"V_ASTRA": "0.6.0"}, mapper("BOSS/APO", wave), empty)
    assert [spectrum.wavelength[-1] for spectrum in found] == [10000.0, 10000.0]
    assert found[0].mask is None  # bit 0 speaks of the fibre in BOSS
