from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepaas_plugins.methods.disentangling.orbit.kepler import eccentric_anomaly, true_anomaly
from deepaas_plugins.methods.disentangling.orbit.velocities import velocities

from .binary import ELEMENTS, TIMES


@given(st.floats(-50.0, 50.0), st.floats(0.0, 0.99))
def test_the_eccentric_anomaly_solves_keplers_equation(mean: float, eccentricity: float) -> None:
    found = eccentric_anomaly(np.array([mean]), eccentricity)
    wrong = found - eccentricity * np.sin(found) - mean
    assert abs(np.remainder(wrong + np.pi, 2 * np.pi) - np.pi)[0] < 1e-10


@pytest.mark.parametrize("eccentricity", [1.0, 1.5, -0.1])
def test_an_eccentricity_of_no_ellipse_is_an_error(eccentricity: float) -> None:
    with pytest.raises(ValueError, match="not in"):
        eccentric_anomaly(np.zeros(1), eccentricity)


def test_the_true_anomaly_is_zero_at_periastron_and_pi_at_apastron() -> None:
    np.testing.assert_allclose(np.abs(true_anomaly(np.array([0.0, np.pi]), 0.4)), [0.0, np.pi], atol=1e-9)


def test_stars_move_against_each_other_by_the_ratio_of_their_masses() -> None:
    first, second = velocities("SB2", ELEMENTS, TIMES)
    np.testing.assert_allclose(second, -first * 130.0 / 90.0, rtol=1e-12)
    assert np.ptp(velocities("SB1", ELEMENTS, np.linspace(0, 6.3, 2000))[0]) == pytest.approx(180.0, rel=1e-4)


def test_the_pair_moves_about_the_third_star() -> None:
    outer = {
        "outer_period": 300.0, "outer_periastron": 0.0, "outer_eccentricity": 0.0, "outer_omega": 0.0,
        "k_pair": 10.0, "k3": 25.0,
    }  # fmt: skip
    alone = velocities("SB2", ELEMENTS, TIMES)
    found = velocities("SB3", {**ELEMENTS, **outer}, TIMES)
    np.testing.assert_allclose(found[:2] - alone, np.tile(-found[2] / 2.5, (2, 1)), atol=1e-9)
    assert velocities("SB3", ELEMENTS, TIMES)[2].tolist() == [0.0] * len(TIMES)


def test_apsidal_motion_turns_the_orbit() -> None:
    year = np.array([ELEMENTS["periastron"] + 365.25])
    turned = velocities("SB2", {**ELEMENTS, "apsidal": 30.0}, year)
    np.testing.assert_allclose(turned, velocities("SB2", {**ELEMENTS, "omega": 90.0}, year), rtol=1e-9)
