from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spectra


def text(flux: np.ndarray) -> str:
    lines = []
    for row, values in enumerate(flux):
        lines.append(f"{57000.25 + row:12.5f}{6550.0:10.4f}{3.0:7.3f}  {1.0:5.3f}     {len(values)}")
        lines += ["".join(f" {one:7.5f}" for one in values[at : at + 10]) for at in range(0, len(values), 10)]
    return "\n".join(lines) + "\n"


def test_a_korel_dat_holds_the_epochs_of_a_star(tmp_path: Path) -> None:
    flux = 1.0 + 0.1 * np.random.default_rng(0).normal(size=(3, 47))
    (tmp_path / "korel.dat").write_text(text(flux))
    found = spectra.read(tmp_path / "korel.dat")
    assert len(found) == 3
    np.testing.assert_allclose(found[1].flux, flux[1], atol=1e-5)
    assert [one.meta.moment.date for one in found if one.meta.moment] == [2457000.25, 2457001.25, 2457002.25]
    assert {one.meta.moment.system for one in found if one.meta.moment} == {"HJD"}
    ratio = np.diff(np.log(found[0].wavelength)) * 299792.458
    np.testing.assert_allclose(ratio, 3.0, rtol=1e-3)
    assert found[0].meta.frame == "air"


def test_a_korel_dat_that_is_cut_short_is_rejected(tmp_path: Path) -> None:
    whole = text(np.ones((2, 30)))
    (tmp_path / "korel.dat").write_text(whole[: len(whole) - 40])
    with pytest.raises(spectra.UnreadableSpectrum, match="spectrum 1"):
        spectra.read(tmp_path / "korel.dat")
