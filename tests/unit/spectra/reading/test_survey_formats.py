"""GALAH, IUE, PypeIt, MPDAF: small files as their documentation describes them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits

from spectra import Spectrum, UnreadableSpectrum, iter_spectra, read
from spectra.air import air_to_vacuum

WAVE = 4713.0 + 0.05 * np.arange(200)
FLUX = np.linspace(100.0, 200.0, 200)


def spectra_of(*hdus: fits.hdu.base._BaseHDU, name: str = "x.fits") -> list[Spectrum]:
    out = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(out)
    return read(out.getvalue(), name=name)


def line(values: np.ndarray, name: str = "", **cards: object) -> fits.ImageHDU:
    axis = {"CRVAL1": 4713.0, "CDELT1": 0.05, "CRPIX1": 1.0, "CUNIT1": "Angstrom"}
    header = fits.Header(axis | {key.replace("_", "-"): value for key, value in cards.items()})
    return fits.ImageHDU(values, header=header, name=name)


def primary(hdu: fits.ImageHDU) -> fits.PrimaryHDU:
    return fits.PrimaryHDU(hdu.data, header=hdu.header)


def test_galah_errors_are_relative_and_its_wavelengths_in_air() -> None:
    first = primary(line(FLUX, CTYPE1="Wavelength", ORIGIN="GALAH", OBJECT="HD 1"))
    relative = np.full(200, 0.02)
    (found,) = spectra_of(
        first, line(relative, "input_sigma"), line(2 * FLUX, "no_sky"), line(relative, "no_sky_sigma"),
        line(FLUX / FLUX, "normalised"), name="1704180037012051.fits",
    )  # fmt: skip
    np.testing.assert_allclose(found.wavelength, air_to_vacuum(WAVE), rtol=1e-12)
    np.testing.assert_allclose(found.flux, FLUX)
    np.testing.assert_allclose(found.ivar, (0.02 * FLUX) ** -2.0)
    assert (found.meta.frame, found.meta.extra["sobject_id"]) == ("air", "170418003701205")
    assert found.meta.extra["camera"] == "blue"


def test_galah_dr4_has_its_relative_error_behind_the_normalised_spectrum() -> None:
    (found,) = spectra_of(
        primary(line(FLUX, CTYPE1="Wavelength")), line(FLUX / 200.0, "normalized"),
        line(np.full(200, 0.02), "relative_error"), line(FLUX, "sky"), name="1704180037012053.fits",
    )  # fmt: skip
    np.testing.assert_allclose(found.ivar, (0.02 * FLUX) ** -2.0)
    assert (found.provenance.format, found.meta.extra["camera"]) == ("galah", "red")
    (without,) = spectra_of(primary(line(FLUX, ORIGIN="GALAH")), line(FLUX / 200.0, "normalized"))
    assert without.ivar is None


def test_the_format_before_galahs_second_release_has_absolute_errors() -> None:
    sigma = np.full(200, 2.0)
    (found,) = spectra_of(
        primary(line(FLUX, CTYPE1="LINEAR")), line(sigma, "input_sigma"), line(FLUX, "normalised_spectrum"),
        line(sigma, "normalised_sigma"),
    )  # fmt: skip
    assert found.ivar == pytest.approx(np.full(200, 0.25))


def test_an_iue_mxlo_row_has_its_axis_in_two_numbers() -> None:
    quality = np.zeros((2, 640), "i2")
    quality[0, 5] = -16
    columns = [
        fits.Column("APERTURE", "5A", array=["LARGE", "SMALL"]),
        fits.Column("NPOINTS", "I", array=[495, 640]),
        fits.Column("WAVELENGTH", "E", unit="ANGSTROM", array=[1150.0, 1050.0]),
        fits.Column("DELTAW", "E", unit="ANGSTROM", array=[1.5, 1.25]),
        fits.Column("FLUX", "640E", array=np.ones((2, 640))),
        fits.Column("SIGMA", "640E", array=np.full((2, 640), 0.5)),
        fits.Column("QUALITY", "640I", array=quality),
    ]
    large, small = spectra_of(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns, name="MELO"))
    np.testing.assert_allclose(large.wavelength, 1150.0 + 1.5 * np.arange(495))
    assert (len(small.flux), large.meta.extra["aperture"]) == (640, "LARGE")
    assert large.ivar == pytest.approx(np.full(495, 4.0))
    assert large.mask is not None
    assert list(np.flatnonzero(large.mask)) == [5]


def test_an_iue_mxhi_order_begins_at_its_start_pixel() -> None:
    flux = np.zeros((1, 768))
    flux[0, 100:300] = 7.0
    columns = [
        fits.Column("ORDER", "B", array=[100]),
        fits.Column("NPOINTS", "I", array=[200]),
        fits.Column("WAVELENGTH", "D", array=[1380.0]),
        fits.Column("STARTPIX", "I", array=[101]),
        fits.Column("DELTAW", "D", array=[0.04]),
        fits.Column("ABS_CAL", "768E", array=flux),
    ]
    (found,) = spectra_of(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns, name="MEHI"))
    assert set(found.flux) == {7.0}
    np.testing.assert_allclose(found.wavelength, 1380.0 + 0.04 * np.arange(200))


def pypeit(name: str, **columns: np.ndarray) -> fits.BinTableHDU:
    made = [
        fits.Column(key, "L" if array.dtype == bool else "D", array=array) for key, array in columns.items()
    ]
    table = fits.BinTableHDU.from_columns(made, name=name)
    table.header["DMODCLS"] = "SpecObj"
    return table


def test_pypeit_takes_the_optimal_extraction_and_calibrated_fluxes_first() -> None:
    wave, good = np.concatenate([[0.0], WAVE[1:]]), np.ones(200, dtype=bool)
    good[7] = False
    both = pypeit(
        "SPAT0176-SLIT0185-DET01", BOX_WAVE=wave, BOX_COUNTS=5 * FLUX, OPT_WAVE=wave, OPT_COUNTS=FLUX,
        OPT_COUNTS_IVAR=np.full(200, 9.0), OPT_FLAM=FLUX / 10, OPT_FLAM_IVAR=np.full(200, 4.0), OPT_MASK=good,
    )  # fmt: skip
    box = pypeit("SPAT0300-SLIT0185-DET01", BOX_WAVE=wave, BOX_COUNTS=5 * FLUX)
    header = fits.Header({"PYPELINE": "MultiSlit", "TARGET": "J1217p3905", "RA": 184.5, "DEC": 39.1})
    first, second = spectra_of(fits.PrimaryHDU(header=header), both, box)
    np.testing.assert_allclose(first.wavelength, WAVE[1:])
    np.testing.assert_allclose(first.flux, FLUX[1:] / 10)
    assert first.ivar == pytest.approx(np.full(199, 4.0))
    assert first.mask is not None
    assert list(np.flatnonzero(first.mask)) == [6]
    assert (first.meta.ra, first.meta.dec) == (184.5, 39.1)
    assert first.meta.group != second.meta.group
    np.testing.assert_allclose(second.flux, 5 * FLUX[1:])


def test_a_pypeit_coadd_masks_with_zeros() -> None:
    good = np.ones(200)
    good[3] = 0
    table = pypeit("SPECTRUM", wave=WAVE, flux=FLUX, ivar=np.ones(200), mask=good)
    table.header["DMODCLS"] = "OneSpec"
    (found,) = spectra_of(fits.PrimaryHDU(), table)
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [3]


def test_an_mpdaf_spectrum_has_its_variance_and_quality_beside_it() -> None:
    quality = np.zeros(200, "i4")
    quality[9] = 1
    (found,) = spectra_of(
        fits.PrimaryHDU(), line(FLUX, "DATA", CTYPE1="AWAV", OBJECT="UDF"), line(np.full(200, 4.0), "STAT"),
        line(quality, "DQ"),
    )  # fmt: skip
    np.testing.assert_allclose(found.wavelength, air_to_vacuum(WAVE), rtol=1e-12)
    assert found.ivar == pytest.approx(np.full(200, 0.25))
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [9]
    assert found.meta.group == "UDF"


def test_an_mpdaf_source_gives_each_of_its_spectra() -> None:
    header = fits.Header({"AUTHOR": "MPDAF", "ORIGIN": "ORIGIN", "ID": 26, "RA": 53.2, "DEC": -27.8})
    found = spectra_of(
        fits.PrimaryHDU(header=header),
        line(FLUX, "SPE_MUSE_TOT_DATA", CTYPE1="AWAV"),
        line(np.full(200, 4.0), "SPE_MUSE_TOT_STAT", CTYPE1="AWAV"),
        line(2 * FLUX, "SPE_MUSE_WHITE_DATA", CTYPE1="AWAV"),
    )  # fmt: skip
    assert [spectrum.meta.extra["extraction"] for spectrum in found] == ["MUSE_TOT", "MUSE_WHITE"]
    assert {spectrum.meta.group for spectrum in found} == {"26"}
    assert found[0].meta.ra == 53.2
    assert found[0].ivar is not None
    assert found[1].ivar is None


def test_an_mpdaf_source_without_spectra_says_what_it_holds() -> None:
    header = fits.Header({"AUTHOR": "MPDAF", "ORIGIN": "muselet"})
    out = io.BytesIO()
    fits.HDUList(
        [fits.PrimaryHDU(header=header), fits.ImageHDU(np.ones((21, 18)), name="IMA_WHITE_DATA")]
    ).writeto(out)
    rejected: list[UnreadableSpectrum] = []
    assert list(iter_spectra(out.getvalue(), rejected=rejected.append)) == []
    assert "IMA_WHITE_DATA" in rejected[0].reason
