"""IRAF's own wavelengths and fluxes for its multispec and log-linear images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spectra import Spectrum, UnreadableSpectrum, iter_spectra
from spectra.air import vacuum_to_air
from spectra.reading.content import Content
from spectra.reading.fits.dispersion import dispersion
from spectra.reading.fits.multispec import order_bands, order_coordinates, physical_pixels

pytestmark = pytest.mark.data


def orders(folder: Path, name: str) -> dict[int, Spectrum]:
    rejected: list[UnreadableSpectrum] = []
    found = iter_spectra(folder / "formats" / "specutils_history" / name, rejected=rejected.append)
    return {spectrum.meta.source.row or 0: spectrum for spectrum in found}


def answer(folder: Path, name: str, skip: int = 0) -> np.ndarray:
    path = folder / "formats" / "specutils_history" / "expected" / name
    return np.genfromtxt(path, skip_header=skip, usecols=(0, 1))


@pytest.mark.parametrize(
    ("image", "row", "text", "pixels_edited"),
    [
        ("evega.0039.rs.ec.dispcor.fits", 0, "evega.0039.rs.ec.dispcor.fits.0001.dat", 9),
        ("multispec-linear-log.fits", 0, "multispec-linear-log.fits.0001.dat", 0),
        ("multispec_equispec.fits", 0, "multispec_equispec.11.dat", 0),
        ("multispec_equispec.fits", 1, "multispec_equispec.21.dat", 0),
    ],
)
def test_orders_have_irafs_wavelengths_and_fluxes(
    data_folder: Path, image: str, row: int, text: str, pixels_edited: int
) -> None:
    """`pixels_edited`: where the stored image itself (by astropy too) is not what IRAF printed."""
    spectrum, expected = orders(data_folder, image)[row], answer(data_folder, text)
    # IRAF prints 15 and 7 digits; the files' wavelengths are in air
    np.testing.assert_allclose(vacuum_to_air(spectrum.wavelength), expected[:, 0], rtol=1e-12)
    different = np.abs(spectrum.flux - expected[:, 1]) > 6e-7 * np.abs(expected[:, 1])
    assert different.sum() == pixels_edited


@pytest.mark.parametrize(
    ("row", "text"), [(0, "multispec_equispec.12.dat"), (1, "multispec_equispec.22.dat")]
)
def test_the_second_band_is_irafs_too(data_folder: Path, row: int, text: str) -> None:
    path = data_folder / "formats" / "specutils_history" / "multispec_equispec.fits"
    file, expected = Content.of_path(str(path)).fits, answer(data_folder, text)
    header, bands = file.primary.header, order_bands(file)
    found = dispersion(order_coordinates(header)[row + 1], physical_pixels(header, bands.shape[-1]))
    np.testing.assert_allclose(found, expected[:, 0], rtol=1e-12)
    np.testing.assert_allclose(bands[1, row], expected[:, 1], rtol=6e-7)


def test_log_linear_orders_have_irafs_wavelengths(data_folder: Path) -> None:
    found = orders(data_folder, "multispec-linear-log.fits")[1].wavelength
    expected = answer(data_folder, "log-linear.dat")[:, 0]
    np.testing.assert_allclose(vacuum_to_air(found), expected, rtol=1e-12)


def test_legendre_orders_have_irafs_wavelengths(data_folder: Path) -> None:
    path = data_folder / "formats" / "specutils_history" / "expected" / "TRES.dat"
    lines = [line.split() for line in path.read_text().splitlines() if line[:1].isdigit()]
    expected = np.array(lines, dtype=np.float64)
    # the fluxes there are of another reduction: only the wavelengths belong to this image
    found = orders(data_folder, "TRES.fits")[10].wavelength
    np.testing.assert_allclose(vacuum_to_air(found), expected[:, 0], rtol=1e-12)


def test_a_log_linear_image_has_the_wavelengths_of_x_readspec(data_folder: Path) -> None:
    spectrum, expected = (
        orders(data_folder, "UM669_nF.fits")[0],
        answer(data_folder, "UM669_read.dat", skip=1),
    )
    np.testing.assert_allclose(spectrum.wavelength, expected[:, 1], rtol=6e-8)  # printed to 8 digits
