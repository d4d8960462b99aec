"""Echelles whose wavelengths are an image of their own, with the names that their pipelines write."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits

from spectra import Spectrum, read
from spectra.air import air_to_vacuum

WAVE = np.stack([np.linspace(4000.0, 5000.0, 200), np.linspace(4900.0, 5900.0, 200)])
ONES = np.ones_like(WAVE)


def read_images(images: dict[str, np.ndarray], instrument: str = "") -> list[Spectrum]:
    header = fits.Header({"INSTRUME": instrument} if instrument else {})
    hdus = [fits.ImageHDU(values, name=name) for name, values in images.items()]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=header), *hdus]).writeto(out)
    return read(out.getvalue(), name="e.fits")


def three(pattern: str, factor: float = 1.0, values: np.ndarray = ONES) -> dict[str, np.ndarray]:
    """Return the images of object, sky and lamp: the object's first."""
    return {pattern.format(one): values * factor + place for place, one in enumerate(("SCI", "SKY", "CAL"))}


LAYOUTS: dict[str, dict[str, np.ndarray]] = {
    "ESPRESSO": {
        "SCIDATA": ONES, "ERRDATA": 0.1 * ONES, "QUALDATA": np.zeros(WAVE.shape, "i4"),
        "WAVEDATA_VAC_BARY": WAVE,
        "WAVEDATA_AIR_BARY": WAVE - 1.1, "DLLDATA_VAC_BARY": 0.01 * ONES, "DLLDATA_AIR_BARY": 0.01 * ONES,
    },
    "HPF": three("{} Flux") | three("{} Variance", 0.01) | three("{} Wavl", values=WAVE),
    "NEID": three("{}FLUX") | three("{}VAR", 0.01) | three("{}WAVE", values=WAVE) | {"SCIBLAZE": ONES},
    "CARMENES": {"SPEC": ONES, "CONT": 2 * ONES, "SIG": 0.1 * ONES, "WAVE": WAVE},
}  # fmt: skip


@pytest.mark.parametrize("instrument", LAYOUTS)
def test_each_order_of_the_object_is_a_spectrum_in_vacuum_with_its_errors(instrument: str) -> None:
    found = read_images(LAYOUTS[instrument], instrument)
    assert len(found) == 2
    for order, spectrum in enumerate(found):
        np.testing.assert_allclose(spectrum.wavelength, WAVE[order])
        assert set(spectrum.flux) == {1.0}
        assert spectrum.ivar == pytest.approx(np.full(200, 100.0))
        assert (spectrum.meta.frame, spectrum.meta.source.row) == ("vacuum", order)
        assert not {"unit_assumed", "frame_assumed"} & set(spectrum.meta.extra)


def test_wavelengths_in_air_are_so_by_their_name() -> None:
    found = read_images({"SCIDATA": ONES, "WAVEDATA_AIR_BARY": WAVE}, "ESPRESSO")
    np.testing.assert_allclose(found[0].wavelength, air_to_vacuum(WAVE[0]))
    assert found[0].meta.frame == "air"


def test_the_slices_of_kpf_have_each_its_own_wavelengths() -> None:
    images = {f"GREEN_SCI_FLUX{k}": k * ONES for k in (1, 2, 3)} | {"GREEN_CAL_FLUX": 9 * ONES}
    images |= {f"GREEN_SCI_VAR{k}": k * ONES for k in (1, 2, 3)}
    images |= {f"GREEN_SCI_WAVE{k}": WAVE + k for k in (1, 2, 3)} | {"GREEN_CAL_WAVE": WAVE}
    found = read_images(images, "KPF")
    assert [spectrum.flux[0] for spectrum in found] == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    assert [spectrum.wavelength[0] for spectrum in found[::2]] == [4001.0, 4002.0, 4003.0]
    assert [spectrum.ivar[0] for spectrum in found[::2] if spectrum.ivar is not None] == [1.0, 0.5, 1 / 3]


def test_spirou_is_in_nm_and_its_object_is_in_both_beams() -> None:
    beams = ("A", "B", "AB", "C")
    images = {f"Flux{beam}": place * ONES for place, beam in enumerate(beams)}
    images |= {f"Wave{beam}": WAVE / 4.0 + place for place, beam in enumerate(beams)}
    images |= {f"Blaze{beam}": 7 * ONES for beam in beams}
    found = read_images(images)
    assert [spectrum.flux[0] for spectrum in found] == [2.0, 2.0]
    assert found[0].wavelength[0] == pytest.approx(10.0 * (WAVE[0, 0] / 4.0 + 2.0))
    assert found[0].meta.unit == "nm"


def test_an_espresso_s1d_table_has_its_wavelengths_in_vacuum_and_its_quality() -> None:
    quality = np.zeros(200)
    quality[4] = 1
    columns = [
        fits.Column("wavelength", "D", unit="angstrom", array=WAVE[0]),
        fits.Column("wavelength_air", "D", unit="angstrom", array=WAVE[0] - 1.1),
        fits.Column("flux", "D", array=ONES[0]),
        fits.Column("error", "D", array=0.1 * ONES[0]),
        fits.Column("quality", "J", array=quality),
    ]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out)
    (found,) = read(out.getvalue())
    np.testing.assert_allclose(found.wavelength, WAVE[0])
    assert found.ivar == pytest.approx(np.full(200, 100.0))
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [4]


def test_gaias_table_of_one_source_is_in_nm_where_nothing_says_so() -> None:
    rows = [f"{336 + 2 * place},1e-16,1e-18" for place in range(343)]
    (found,) = read(("wavelength,flux,flux_error\n" + "\n".join(rows) + "\n").encode())
    assert found.wavelength[[0, -1]] == pytest.approx([3360.0, 10200.0])
    assert (found.meta.unit, found.meta.frame) == ("nm", "vacuum")
