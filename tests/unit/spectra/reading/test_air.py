import numpy as np
import pytest

from spectra.air import air_to_vacuum, vacuum_to_air


def test_h_alpha_in_air_becomes_the_vacuum_wavelength_of_nist() -> None:
    # NIST ASD: Hα 6562.79 Å (air), 6564.60 Å (vacuum); Ca II K 3933.66 and 3934.78
    assert air_to_vacuum([6562.79, 3933.66]) == pytest.approx([6564.60, 3934.78], abs=0.01)


def test_the_two_ways_are_inverse_to_double_precision() -> None:
    air = np.linspace(2000.0, 30000.0, 5000)
    assert np.abs(vacuum_to_air(air_to_vacuum(air)) - air).max() < 1e-9


def test_wavelengths_below_2000_angstrom_are_left_in_vacuum() -> None:
    short = np.array([912.0, 1215.67, 1999.9])
    assert np.array_equal(air_to_vacuum(short), short)
    assert np.array_equal(vacuum_to_air(short), short)


def test_an_axis_stays_ascending_across_the_convention_at_2000_angstrom() -> None:
    assert (np.diff(air_to_vacuum(np.linspace(1990.0, 2010.0, 2001))) > 0).all()
