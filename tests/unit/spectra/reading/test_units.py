import numpy as np
import pytest

from spectra.reading.read_error import ReadError
from spectra.reading.units import required_unit, spectral_unit, to_angstrom


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (500.0, "nm"), (0.5, "um"), (0.5, "micron"), (5000.0, "Angstroms"), (5e-7, "m"),
        (3.69897000433602, "log(Angstrom)"),
        (5.99584916e14, "Hz"), (599.584916, "THz"), (2.479683968664, "eV"), (20000.0, "cm-1"), (5000.0, "Å"),
    ],
)  # fmt: skip
def test_each_unit_gives_the_same_5000_angstrom(value: float, unit: str) -> None:
    assert to_angstrom(np.array([value]), required_unit(unit))[0] == pytest.approx(5000.0, rel=1e-9)


def test_a_velocity_counts_from_the_rest_wavelength() -> None:
    found = to_angstrom(np.array([-299.792458, 0.0]), required_unit("km/s"), rest=6564.6)
    assert found == pytest.approx([6564.6 * 0.999, 6564.6])


def test_a_velocity_without_rest_wavelength_is_rejected() -> None:
    with pytest.raises(ReadError, match="no rest wavelength"):
        to_angstrom(np.array([0.0]), required_unit("km s-1"))


def test_mega_and_milli_electronvolt_are_not_confused() -> None:
    assert required_unit("MeV").size == pytest.approx(1e6 * required_unit("eV").size)
    assert spectral_unit("meV") is None


def test_an_unknown_unit_is_named_in_the_rejection() -> None:
    with pytest.raises(ReadError, match="furlong"):
        required_unit("furlong")
