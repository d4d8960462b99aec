"""Planes are not spectra: bands, rows, HDUs and fibres are told apart by what the file says of them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from spectra import Spectrum, UnreadableSpectrum, read

N = 60
FLUX = np.linspace(1.0, 2.0, N)
AXIS = {"CTYPE1": "LINEAR", "CRVAL1": 4000.0, "CDELT1": 2.0, "CRPIX1": 1.0}


def stored(*hdus: fits.PrimaryHDU | fits.ImageHDU | fits.BinTableHDU) -> bytes:
    first = [] if isinstance(hdus[0], fits.PrimaryHDU) else [fits.PrimaryHDU()]
    out = io.BytesIO()
    fits.HDUList([*first, *hdus]).writeto(out)
    return out.getvalue()


def image(pixels: np.ndarray, name: str = "", primary: bool = False, **cards: object) -> fits.ImageHDU:
    hdu = fits.PrimaryHDU(pixels) if primary else fits.ImageHDU(pixels, name=name or None)
    hdu.header.update(cards)
    return hdu


def only(data: bytes) -> Spectrum:
    (spectrum,) = read(data)
    return spectrum


def reason_of(data: bytes, **how: str) -> str:
    rejected: list[UnreadableSpectrum] = []
    assert read(data, rejected=rejected.append, **how) == []  # type: ignore[arg-type]
    (error,) = rejected
    return error.reason


def bands(texts: list[str], apertures: int = 1, **cards: object) -> bytes:
    """Build IRAF's `apall` with extras: band n is (n + 1) times the flux, so that each is told apart."""
    pixels = np.stack([np.tile(FLUX * (band + 1), (apertures, 1)) for band in range(len(texts))])
    named = {f"BANDID{number}": text for number, text in enumerate(texts, 1) if text}
    named |= {f"APNUM{number}": f"{number} {number}" for number in range(1, apertures + 1)}
    return stored(image(pixels, primary=True, WCSDIM=3, **AXIS, **named, **cards))


IRAF = ["spectrum - background fit, weights variance, clean no", "raw - background none, weights none",
        "background - background fit", "sigma - background fit, weights variance, clean no"]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "flux", "sigma"),
    [
        (IRAF, 1, 4),
        ([IRAF[1], IRAF[2], IRAF[3], IRAF[0]], 4, 3),
        (["Spectrum", "sigma", "mask"], 1, 2),
        (["sky", "object"], 2, None),
        (["sky spectrum", "error spectrum", "sky subtracted spectrum"], 3, 2),
        (["raw - background none", "background - fit"], 1, None),
        (["", "", "", ""], 1, None),
    ],
)
def test_a_band_is_chosen_by_its_text(texts: list[str], flux: int, sigma: int | None) -> None:
    spectrum = only(bands(texts))
    assert spectrum.flux == pytest.approx(FLUX * flux)
    if sigma is None:
        assert spectrum.ivar is None
    else:
        assert spectrum.ivar == pytest.approx(1.0 / (FLUX * sigma) ** 2)


def test_each_aperture_of_bands_is_one_spectrum_with_its_own_errors() -> None:
    found = read(bands(IRAF, apertures=3))
    assert len(found) == 3
    assert [one.meta.source.row for one in found] == [0, 1, 2]
    for one in found:
        assert one.flux == pytest.approx(FLUX)
        assert one.ivar == pytest.approx(1.0 / (FLUX * 4) ** 2)


def test_the_third_band_of_a_mask_marks_bad_pixels() -> None:
    pixels = np.stack([FLUX, FLUX * 0.1, np.where(np.arange(N) == 5, 8.0, 0.0)])[:, None, :]
    texts = {"BANDID1": "spectrum", "BANDID2": "sigma", "BANDID3": "mask"}
    spectrum = only(stored(image(pixels, primary=True, **AXIS, **texts)))
    assert spectrum.mask is not None
    assert list(np.flatnonzero(spectrum.mask)) == [5]


def test_multispec_takes_its_spectrum_and_errors_by_their_texts_too() -> None:
    pixels = np.stack([FLUX * 3, FLUX, FLUX * 0.5])[:, None, :]
    cards = {"WAT0_001": "system=multispec", "WAT1_001": "wtype=multispec units=angstroms",
             "WAT2_001": f'wtype=multispec spec1 = "1 1 0 4000. 2. {N} 0. 1. 2."',
             "BANDID1": "background - x", "BANDID2": "spectrum - x", "BANDID3": "sigma - x"}  # fmt: skip
    spectrum = only(stored(image(pixels, primary=True, CTYPE1="MULTISPE", **cards)))
    assert spectrum.flux == pytest.approx(FLUX)
    assert spectrum.ivar == pytest.approx(1.0 / (FLUX * 0.5) ** 2)


ROWS = [FLUX, FLUX * 0.1, FLUX * 30, FLUX * 0.5, FLUX * 100]
GAMA = {f"ROW{i}": text for i, text in enumerate(
    ("Spectrum", "Error", "Spectrum_nofluxcal", "Error_nofluxcal", "Sky"), 1)}  # fmt: skip
SIGMA, VARIANCE = 1.0 / (FLUX * 0.1) ** 2, 1.0 / (FLUX * 0.1)


@pytest.mark.parametrize(
    ("count", "cards", "ivar"),
    [
        (5, {"ORIGIN": "GAMA", "GAMANAME": "G1", **GAMA}, SIGMA),
        (5, {"ORIGIN": "GAMA", "GAMANAME": "G1"}, SIGMA),
        (4, {"OBSRA": 1.0, "OBSDEC": 1.0, "Z": 0.1, "Z_HELIO": 0.1, "QUALITY": 4}, VARIANCE),
        (3, {"IMAGE": "SPECTRUM"}, VARIANCE),
        (2, {"ORIGIN": "pyspeckit version 1.0"}, SIGMA),
        (2, {"ARRAY1": "Flux spectrum", "ARRAY2": "Normalised error spectrum"}, SIGMA),
        (2, {"ARRAY1": "science", "ARRAY2": "variance"}, VARIANCE),
        (2, {"MSTITLE": "2dF-SDSS LRG/QSO survey b03"}, None),
    ],
)
def test_rows_of_surveys_are_planes_of_one_spectrum(
    count: int, cards: dict[str, object], ivar: np.ndarray | None
) -> None:
    spectrum = only(stored(image(np.stack(ROWS[:count]), primary=True, **AXIS, **cards)))
    assert spectrum.flux == pytest.approx(FLUX)
    assert (spectrum.ivar is None) == (ivar is None)
    if ivar is not None:
        assert spectrum.ivar == pytest.approx(ivar)


@pytest.mark.parametrize("count", [2, 4, 5, 160])
def test_rows_of_which_nothing_is_told_are_rejected_once(count: int) -> None:
    pixels = np.tile(FLUX, (count, 1))
    data = stored(image(pixels, primary=True, **AXIS))
    reason = reason_of(data)
    assert f"{count} rows" in reason
    assert "image-rows" in reason
    assert len(read(data, "image-rows")) == count


def test_rows_with_apertures_are_spectra() -> None:
    cards = {f"APNUM{number}": f"{number} {number}" for number in range(1, 8)}
    assert len(read(stored(image(np.tile(FLUX, (7, 1)), primary=True, **AXIS, **cards)))) == 7


def test_a_cube_is_rejected_once() -> None:
    assert "cube" in reason_of(stored(image(np.ones((6, 7, N)), primary=True, **AXIS)))


def test_the_image_of_one_row_goes_before_a_picture() -> None:
    picture = image(np.ones((255, N)), "LSS_NONSS", **AXIS)
    extracted = image(np.full((1, N), 7.0), "SPEC_NONSS", **AXIS)
    for hdus in ((picture, extracted), (extracted, picture)):
        assert only(stored(*hdus)).flux[0] == 7.0


@pytest.mark.parametrize("other", ["SKY", "BACKGROUND", "MODEL", "THROUGHPUT", "SPEC_NONSS"])
def test_images_on_one_axis_are_chosen_by_their_names(other: str) -> None:
    beside, flux = image(FLUX * 9, other, **AXIS), image(FLUX, "SPEC_SS", **AXIS)
    for hdus in ((beside, flux), (flux, beside)):
        assert only(stored(*hdus)).flux == pytest.approx(FLUX)


def test_images_of_one_name_and_different_numbers_are_spectra_with_errors_of_their_own() -> None:
    hdus = []
    for version in (1, 2):
        hdus += [image(FLUX * version, "SCI", EXTVER=version, **AXIS),
                 image(np.full(N, 4.0**version), "VAR", EXTVER=version, **AXIS)]  # fmt: skip
    found = read(stored(*hdus))
    assert [(one.flux[0], one.ivar[0]) for one in found] == [(1.0, 0.25), (2.0, 0.0625)]  # type: ignore[index]
    assert len(read(stored(image(FLUX, "SPEC1", **AXIS), image(FLUX, "SPEC2", **AXIS)))) == 2
    assert len(read(stored(image(FLUX, "SPEC", **AXIS), image(FLUX, "COUNTS", **AXIS)))) == 1


@pytest.mark.parametrize("name", ["SKY", "ERROR", "IVAR", "MASK", "BACKGROUND", "WAVELENGTH"])
def test_the_only_image_is_no_spectrum_where_its_name_says_so(name: str) -> None:
    assert f"is called {name}" in reason_of(stored(image(FLUX, name, **AXIS)))


@pytest.mark.parametrize("name", ["TEMPLATE", "MODEL", "SCI", "SPECTRUM", "STAR 1", ""])
def test_the_only_image_is_a_spectrum_where_its_name_may_be_one(name: str) -> None:
    assert only(stored(image(FLUX, name, **AXIS))).flux[0] == 1.0


def spectral_table(name: str, factor: float) -> fits.BinTableHDU:
    wave = np.linspace(4000.0, 4118.0, N)
    return fits.BinTableHDU(Table({"WAVE": wave, "FLUX": FLUX * factor}), name=name)


@pytest.mark.parametrize("other", ["SKY", "BACKGROUND", "MODEL", "CONTINUUM"])
def test_tables_are_chosen_by_their_names(other: str) -> None:
    assert only(stored(spectral_table(other, 3.0), spectral_table("SPECTRUM", 1.0))).flux[0] == 1.0


def test_tables_of_the_sky_alone_are_rejected() -> None:
    assert "is called SKY" in reason_of(stored(spectral_table("SKY", 1.0)))


def test_the_errors_may_be_in_an_hdu_called_e_flux() -> None:
    spectrum = only(stored(image(FLUX, "FLUX", **AXIS), image(np.full(N, 2.0), "E_FLUX", **AXIS)))
    assert spectrum.ivar is not None
    assert spectrum.ivar[0] == 0.25


def test_arms_on_axes_of_their_own_are_spectra_of_their_own() -> None:
    blue, red = image(FLUX, "SPEC_B", **AXIS), image(FLUX * 2, "SPEC_R", **AXIS | {"CRVAL1": 7000.0})
    errors = image(FLUX * 0.1, "ERR_R")
    first, second = read(stored(blue, red, errors, image(FLUX * 0.3, "ERR_B")))
    assert [first.flux[0], second.flux[0]] == [1.0, 2.0]
    assert first.ivar == pytest.approx(1.0 / (FLUX * 0.3) ** 2)
    assert second.ivar == pytest.approx(1.0 / (FLUX * 0.1) ** 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [("STAT", 1e-4), ("VARIANCE", 1e-4), ("VAR", 1e-4), ("IVAR", 1e4), ("ERR", 0.01), ("ERROR", 0.01),
     ("SIGMA", 0.01), ("NOISE", 0.01), ("FLUX_ERR", 0.01), ("ERRDATA", 0.01)],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(N,), (1, N)])
def test_an_hdu_of_the_same_shape_holds_the_errors(name: str, value: float, shape: tuple[int, ...]) -> None:
    data = stored(image(FLUX, "SCI", **AXIS), image(np.full(shape, value), name))
    spectrum = only(data)
    assert spectrum.ivar == pytest.approx(np.full(N, 1e4))
    assert spectrum.provenance.errors is not None
    assert name in spectrum.provenance.errors.place


def test_an_hdu_of_another_shape_holds_no_errors() -> None:
    assert only(stored(image(FLUX, "DATA", **AXIS), image(np.ones(N - 1), "STAT"))).ivar is None


def test_eso_says_what_kind_of_errors_an_hdu_holds() -> None:
    errors = image(np.full(N, 1e-4), "ERRDATA", HDUCLAS2="ERROR", HDUCLAS3="MSE")
    quality = image((np.arange(N) == 3).astype("i4"), "QUALDATA", HDUCLAS2="QUALITY")
    spectrum = only(stored(image(FLUX, "SCIDATA", HDUCLAS2="DATA", **AXIS), errors, quality))
    assert spectrum.ivar == pytest.approx(np.full(N, 1e4))
    assert spectrum.mask is not None
    assert list(np.flatnonzero(spectrum.mask)) == [3]


def test_errors_of_zero_in_an_hdu_are_none() -> None:
    spectrum = only(stored(image(FLUX, "DATA", **AXIS), image(np.zeros(N), "STAT")))
    assert (spectrum.ivar, spectrum.mask) == (None, None)


WAVE = np.linspace(5000.0, 5100.0, N)


@pytest.mark.parametrize("name", ["WAVELENGTH", "WAVE", "LAMBDA"])
@pytest.mark.parametrize("primary", [True, False])
def test_an_hdu_of_wavelengths_goes_before_a_linear_header(name: str, primary: bool) -> None:
    flux = image(FLUX, "" if primary else "FLUX", primary, **AXIS)
    for others in (
        (image(WAVE, name), image(FLUX * 0.1, "SIG")),
        (image(FLUX * 0.1, "SIG"), image(WAVE, name)),
    ):
        spectrum = only(stored(flux, *others))
        assert spectrum.wavelength == pytest.approx(WAVE)
        assert spectrum.ivar == pytest.approx(1.0 / (FLUX * 0.1) ** 2)


@pytest.mark.parametrize("header", [{}, AXIS, {"CRVAL1": 1.0, "CDELT1": 1.0, "CTYPE1": "PIXEL"}])
def test_a_row_of_wavelengths_goes_before_a_linear_header(header: dict[str, object]) -> None:
    wave = np.linspace(600.0, 700.0, N)
    texts = {"ROW1": "Flux", "ROW2": "Error", "ROW3": "Wavelength (nm)"}
    cards = texts | (header or {"CRVAL1": 4500.0, "CDELT1": 2.0})
    spectrum = only(stored(image(np.stack([FLUX, FLUX, wave]), primary=True, **cards)))
    assert spectrum.wavelength == pytest.approx(10.0 * wave)
    assert (spectrum.provenance.axis, spectrum.provenance.unit) == ("plane 2", "nm")
    assert spectrum.ivar == pytest.approx(FLUX**-2.0)


def test_a_row_of_wavelengths_needs_no_other_axis() -> None:
    wave = np.linspace(600.0, 700.0, N)
    data = stored(image(np.stack([wave, FLUX]), primary=True, ROW1="wavelength (nm)", ROW2="flux"))
    assert only(data).wavelength == pytest.approx(10.0 * wave)


def test_a_row_called_wavelength_that_turns_back_is_no_axis() -> None:
    planes = np.stack([FLUX, np.ones(N)])
    data = stored(image(planes, primary=True, ROW1="Flux", ROW2="Wavelength", **AXIS))
    assert only(data).provenance.axis == "CRVAL1/CDELT1 linear"
    stale = {"CRVAL1": 1.0, "CDELT1": 1.0}
    assert "turns back" in reason_of(
        stored(image(planes, primary=True, ROW1="Flux", ROW2="Wavelength", **stale))
    )


def test_an_echelle_keeps_a_row_of_wavelengths_for_each_order() -> None:
    rows = np.stack([FLUX, FLUX * 2])
    waves = np.stack([WAVE, WAVE + 200.0])
    hdus = (image(rows, "SPEC"), image(rows * 9, "CONT"), image(rows * 0.1, "SIG"), image(waves, "WAVE"))
    first, second = read(stored(*hdus))
    assert (first.wavelength[0], second.wavelength[0]) == (5000.0, 5200.0)
    assert second.flux == pytest.approx(FLUX * 2)
    assert second.ivar == pytest.approx(1.0 / (FLUX * 0.2) ** 2)


def fibres(**columns: object) -> fits.BinTableHDU:
    return fits.BinTableHDU(Table(columns), name="FIBRES")


def test_the_fibres_of_a_plate_are_named_by_their_table() -> None:
    flux = image(np.stack([FLUX, FLUX * 2, FLUX * 3, FLUX * 4]), primary=True, **AXIS)
    table = fibres(NAME=["A", "Sky1", "B", "x"], RA=np.radians([10.0, 20.0, 350.0, 1.0]),
                   DEC=np.radians([-5.0, 1.0, 60.0, 1.0]), TYPE=["P", "S", "P", "N"])  # fmt: skip
    variance = image(np.full((4, N), 1e-4), "VARIANCE")
    rejected: list[UnreadableSpectrum] = []
    first, sky, third = read(stored(flux, variance, table), rejected=rejected.append)
    assert (first.meta.group, first.meta.label, first.meta.ra, first.meta.dec) == (
        "A", None, pytest.approx(10.0), pytest.approx(-5.0),
    )  # fmt: skip
    assert (sky.meta.label, sky.meta.group) == ("SKY", None)
    assert third.meta.ra == pytest.approx(350.0)
    assert third.ivar == pytest.approx(np.full(N, 1e4))
    assert ["row 3" in error.reason for error in rejected] == [True]


def test_wavelengths_that_are_cut_short_are_not_replaced_by_a_stale_header() -> None:
    whole = stored(image(FLUX, "FLUX", **AXIS), image(np.tile(WAVE, 1), "WAVELENGTH"))
    assert "cut short" in reason_of(whole[:-2880])


def test_a_broken_hdu_behind_the_spectrum_does_not_reject_it() -> None:
    whole = stored(image(FLUX, "FLUX", **AXIS), image(np.ones((90, N)), "THUMBNAIL"))
    assert len(only(whole[:-2880]).flux) == N
