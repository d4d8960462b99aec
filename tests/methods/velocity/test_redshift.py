"""Redshifts of synthetic galaxies and quasars, and the network of line boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.velocity import plugin
from deepaas_plugins.methods.velocity.redshift.network import LINES, POINTS, Network, grid, redshifts
from deepaas_plugins.methods.velocity.redshift.solver import RedshiftSolver, weights
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train

GRID = np.geomspace(3850.0, 9150.0, 1200)
REDSHIFTS = np.array([0.08, 0.31])


def galaxy(redshift: float, seed: int = 0) -> np.ndarray:
    """Return a galaxy with narrow lines of its own widths and ratios."""
    rest = GRID / (1.0 + redshift)
    flux = 1.0 - 0.3 * (rest < 3950.0)
    for line, height in (
        (3728.5, 1.2),
        (4862.7, 0.7),
        (4960.3, 0.5),
        (5008.2, 1.5),
        (6564.6, 2.2),
        (6585.3, 0.8),
    ):
        flux = flux + height * np.exp(-0.5 * ((rest - line) / 3.0) ** 2)
    return flux + np.random.default_rng(seed).normal(0.0, 0.05, len(GRID))


def quasar(redshift: float, seed: int = 0) -> np.ndarray:
    """Return a quasar with lines twice as narrow as those of the templates."""
    rest = GRID / (1.0 + redshift)
    flux = (rest / 2000.0) ** -1.2
    for line, height, width in (
        (1216.0, 3.0, 12.0),
        (1549.0, 1.5, 10.0),
        (1908.7, 0.6, 15.0),
        (2798.9, 0.8, 20.0),
    ):
        flux = flux + height * np.exp(-0.5 * ((rest - line) / width) ** 2)
    return flux + np.random.default_rng(seed).normal(0.0, 0.1, len(GRID))


@pytest.fixture(scope="module")
def solver() -> RedshiftSolver:
    return RedshiftSolver.of(GRID, 4.0)


@pytest.mark.parametrize("redshift", [0.021, 0.3, 0.62])
def test_galaxies_are_found_to_a_few_tens_of_km_s(solver: RedshiftSolver, redshift: float) -> None:
    found = solver.solve(galaxy(redshift))
    assert found.name == "galaxy"
    assert abs(found.redshift - redshift) / (1 + redshift) * 299_792 < 60.0
    assert found.margin > 50.0
    assert 0.0 < found.sigma < 0.001


@pytest.mark.parametrize("redshift", [0.9, 2.3, 3.2])
def test_quasars_are_found_where_two_lines_are_seen(solver: RedshiftSolver, redshift: float) -> None:
    found = solver.solve(quasar(redshift))
    assert found.name == "quasar"
    assert abs(found.redshift - redshift) / (1 + redshift) < 0.01


def test_noise_has_no_clear_redshift_and_missing_pixels_no_weight(solver: RedshiftSolver) -> None:
    noise = np.random.default_rng(5).normal(1.0, 0.3, len(GRID))
    assert solver.solve(noise).margin < 15.0
    flux = galaxy(0.1)
    flux[300:420] = 0.0
    assert (weights(flux)[300:420] == 0).all()
    assert solver.solve(flux).redshift == pytest.approx(0.1, abs=2e-4)


def test_a_grid_that_redshifts_cannot_be_found_on_is_told() -> None:
    with pytest.raises(InvalidInput, match="even in the logarithm"):
        RedshiftSolver.of(np.linspace(4000.0, 9000.0, 1000), 4.0)
    with pytest.raises(InvalidInput, match="wider range"):
        RedshiftSolver.of(np.geomspace(6000.0, 6300.0, 1000), 4.0)


def test_a_job_lists_what_it_missed_of_known_redshifts(tmp_path: Path) -> None:
    flux = np.array([galaxy(one, seed) for seed, one in enumerate(REDSHIFTS)])
    (tmp_path / "data").mkdir()
    np.savez(
        tmp_path / "data" / "galaxies.npz",
        wavelength=GRID,
        flux=flux.astype(np.float32),
        label=np.array(["0.08", "0.9"]),  # the second is wrong
        frame=np.array("vacuum"),
    )
    recipe = {"schema": 1, "steps": [{"step": "scale", "method": "median"}]}
    with Run(tmp_path / "out") as run:
        given = Input("spectra", tmp_path / "data")
        train(plugin.method, Training(given, {"measure": "redshift", "highest_redshift": 2.0}, recipe), run)
        assert run.metrics["catastrophic"] == 0.5
    answers = Predictor(tmp_path / "out" / "model", plugin.method).answer(tmp_path / "data")["results"]
    np.testing.assert_allclose([one["redshift"] for one in answers], REDSHIFTS, atol=2e-4)
    assert [one["flag"] for one in answers] == ["good", "good"]


def made_up(lines: int = 7, boxes: int = 13, filters: int = 4) -> dict[str, dict[str, np.ndarray]]:
    """Return the weights of a network of two convolutions."""
    random = np.random.default_rng(2)
    channels, layers = 1, {}
    for number in (1, 2, 3):
        layers[f"batch_normalization_{number}"] = {
            name: random.uniform(0.5, 1.5, filters).astype(np.float32)
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        }
        if number < 3:
            layers[f"conv_{number}"] = {
                "kernel": random.normal(0.0, 0.1, (10, channels, filters)).astype(np.float32),
                "bias": random.normal(size=filters).astype(np.float32),
            }
            channels = filters
    for name, shape in [("fc_common", (104 * filters, filters))] + [
        (f"fc_{what}_{line}", (filters, boxes)) for what in ("box", "offset") for line in range(lines)
    ]:
        layers[name] = {
            "kernel": random.normal(0.0, 0.1, shape).astype(np.float32),
            "bias": random.normal(size=shape[1]).astype(np.float32),
        }
    return layers


def test_a_convolution_is_that_of_the_definition() -> None:
    layers = made_up()
    network = Network.of(layers, {}, rescaled=True)
    flux = np.random.default_rng(0).normal(size=(2, POINTS)).astype(np.float32)
    values = flux[:, :, None]
    for number in (1, 2):
        kernel, bias = layers[f"conv_{number}"]["kernel"], layers[f"conv_{number}"]["bias"]
        starts = range(0, values.shape[1] - 9, 2)
        values = np.stack(
            [np.einsum("rwc,wcf->rf", values[:, at : at + 10], kernel) + bias for at in starts], axis=1
        )
        norm = layers[f"batch_normalization_{number}"]
        values = norm["gamma"] * (values - norm["moving_mean"]) / np.sqrt(norm["moving_variance"] + 1e-3)
        values = np.maximum(values + norm["beta"], 0.0)
    common = values.reshape(2, -1) @ layers["fc_common"]["kernel"] + layers["fc_common"]["bias"]
    norm = layers["batch_normalization_3"]
    common = norm["gamma"] * (common - norm["moving_mean"]) / np.sqrt(norm["moving_variance"] + 1e-3)
    common = np.maximum(common + norm["beta"], 0.0)
    box = 1.0 / (1.0 + np.exp(-(common @ layers["fc_box_3"]["kernel"] + layers["fc_box_3"]["bias"])))
    found = network.outputs(flux)
    assert found.shape == (7, 2, 26)
    np.testing.assert_allclose(found[3, :, :13], box, atol=1e-4)


def test_boxes_are_read_as_the_redshift_of_the_most_confident_line() -> None:
    outputs = np.zeros((7, 1, 26), dtype=np.float32)
    place = np.interp(LINES["C IV"] * 3.4, grid(), np.arange(POINTS)) * 13 / POINTS
    outputs[1, 0, int(place)], outputs[1, 0, 13 + int(place)] = 0.9, place % 1
    outputs[6, 0, 2] = 0.99  # broad absorption is no redshift
    redshift, confidence = redshifts(outputs)
    assert redshift[0] == pytest.approx(2.4, abs=1e-3)
    assert confidence[1, 0] == pytest.approx(0.9)


def test_weights_of_another_network_are_told(tmp_path: Path) -> None:
    layers = made_up()
    with pytest.raises(InvalidInput, match="another grid"):
        Network.of(layers, {"conv_1": (3, False)}, rescaled=True)
    del layers["fc_common"]
    with pytest.raises(InvalidInput, match="fc_common"):
        Network.of(layers, {}, rescaled=True)
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    with pytest.raises(InvalidInput, match="no weights"):
        Network.read(tmp_path / "x.h5")
