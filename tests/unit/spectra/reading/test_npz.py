"""NumPy archives: wavelengths for each row, objects by number, broken archives."""

from __future__ import annotations

import io

import numpy as np
import pytest

from spectra import UnreadableSpectrum, read

N = 30
WAVE = np.linspace(5000.0, 5100.0, N)
FLUX = np.linspace(1.0, 2.0, N)


def archive(**arrays: object) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def test_wavelengths_may_have_a_row_for_each_spectrum() -> None:
    waves = np.stack([WAVE, WAVE + 50.0, WAVE[::-1]])
    found = read(archive(wave_nm=waves / 10.0, flux=np.stack([FLUX] * 3)))
    for spectrum, wave in zip(found, (WAVE, WAVE + 50.0, WAVE), strict=True):
        assert spectrum.wavelength == pytest.approx(wave)
    assert found[2].flux[0] == 2.0


def test_a_row_whose_wavelengths_are_not_in_order_does_not_cost_its_neighbours() -> None:
    waves = np.stack([WAVE, np.roll(WAVE, 7), WAVE])
    found = read(archive(wave=waves, flux=np.stack([FLUX] * 3)))
    assert (len(found), [error.place for error in found.missing]) == (2, ["row 1"])


def test_the_number_of_an_object_is_its_group() -> None:
    data = archive(wave=WAVE, flux=np.stack([FLUX] * 2), targetid=np.array([39627835576420141, 0]))
    assert [spectrum.meta.group for spectrum in read(data)] == ["39627835576420141", None]


@pytest.mark.parametrize("cut", [40, 300, -3])
def test_an_archive_that_is_cut_short_says_so(cut: int) -> None:
    with pytest.raises(UnreadableSpectrum, match="zip archive is broken or cut short"):
        read(archive(wave=WAVE, flux=FLUX)[:cut])


def test_a_damaged_array_says_so() -> None:
    data = bytearray(archive(wave=WAVE, flux=FLUX))
    data[90] ^= 0xFF
    with pytest.raises(UnreadableSpectrum, match="zip archive is broken"):
        read(bytes(data))


def test_of_many_arrays_the_first_are_named() -> None:
    with pytest.raises(UnreadableSpectrum, match=r"its arrays: a0, .*, …\)"):
        read(archive(**{f"a{number}": WAVE for number in range(40)}))
