"""The time of observation: from headers, columns and manifests, through preparation into a feature set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

import spectra
from spectra.batch import Observations
from spectra.observation.moment import Moment, Site, julian_date
from spectra.observation.times import Times

GRID = np.linspace(5000.0, 5100.0, 200)


def write(path: Path, **cards: Any) -> Path:
    columns = [
        fits.Column("WAVELENGTH", "D", unit="Angstrom", array=GRID),
        fits.Column("FLUX", "D", array=1.0 + 0.01 * np.sin(GRID)),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    for word, value in cards.items():
        table.header[word.replace("__", "-")] = value
    table.writeto(path)
    return path


@pytest.mark.parametrize(
    ("cards", "date", "system", "middle"),
    [
        ({"BJD": 2457000.25}, 2457000.25, "BJD", True),
        ({"HJD": 57000.25, "MJD-OBS": 56999.7}, 2457000.25, "HJD", True),
        ({"MJD-AVG": 56999.75}, 2457000.25, "JD(UTC)", True),
        ({"MJD-OBS": 56999.75, "EXPTIME": 7200.0}, 2457000.25 + 1 / 24, "JD(UTC)", True),
        ({"MJD-OBS": 56999.75}, 2457000.25, "JD(UTC)", False),
        ({"MJD-BEG": 56999.5, "MJD-END": 57000.0}, 2457000.25, "JD(UTC)", True),
        ({"DATE-OBS": "2014-12-08T18:00:00", "EXPTIME": 0.0}, 2457000.25, "JD(UTC)", True),
        ({"DATE-OBS": "2014-12-08", "UT": "18:00:00.0"}, 2457000.25, "JD(UTC)", False),
        ({"DATE-AVG": "2014-12-08T18:00:00.0", "TIMESYS": "TT"}, 2457000.25, "JD(TT)", True),
        ({"TAI-BEG": 56999.5 * 86400.0, "TAI-END": 57000.0 * 86400.0}, 2457000.25, "JD(TAI)", True),
    ],
)
def test_headers_tell_the_middle_of_the_exposure(
    tmp_path: Path, cards: dict[str, Any], date: float, system: str, middle: bool
) -> None:
    found = spectra.read(write(tmp_path / "a.fits", **cards))[0].meta.moment
    assert found is not None
    assert (found.date, found.system, found.middle) == (pytest.approx(date, abs=1e-6), system, middle)


@pytest.mark.parametrize(
    "cards",
    [
        {},
        {"MJD": 57000},
        {"MJD-OBS": 57000},
        {"HJD": 0.0},
        {"BJD": "unknown"},
        {"DATE-OBS": "2014-13-40T18:00:00"},
        {"DATE-OBS": "2014-12-08"},
        {"DATE-OBS": "today"},
    ],
)
def test_a_day_alone_or_nonsense_is_no_time(tmp_path: Path, cards: dict[str, Any]) -> None:
    assert spectra.read(write(tmp_path / "a.fits", **cards))[0].meta.moment is None


def test_headers_tell_the_site_and_the_motion_of_the_earth(tmp_path: Path) -> None:
    cards = {"MJD-AVG": 56999.75, "OBSGEO-L": 14.78, "OBSGEO-B": 49.91, "OBSGEO-H": 528.0, "BERV": -12.5}
    found = spectra.read(write(tmp_path / "a.fits", **cards))[0].meta.moment
    assert found is not None
    assert found.site == Site(14.78, 49.91, 528.0)
    assert found.earth == -12.5
    wrong = spectra.read(write(tmp_path / "b.fits", **{**cards, "OBSGEO-B": 149.0, "BERV": 4000.0}))[
        0
    ].meta.moment
    assert wrong is not None
    assert (wrong.site, wrong.earth) == (None, None)


def test_a_manifest_gives_times_and_wins_over_headers(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "a.fits", BJD=2457000.25, BERV=3.0)
    write(folder / "b.fits")
    (tmp_path / "m.csv").write_text("path,hjd,mjd\na.fits,2457001.5001,\nb.fits,,57002.25\n")
    first, second = (one.meta.moment for one in spectra.iter_spectra(folder, manifest=tmp_path / "m.csv"))
    assert first == Moment(2457001.5001, "HJD", "column hjd", earth=3.0)
    assert second is not None
    assert (second.date, second.system) == (2457002.75, "JD(UTC)")


def test_a_column_of_a_table_gives_times(tmp_path: Path) -> None:
    flux = 1.0 + 0.01 * np.random.default_rng(0).normal(size=(3, 200))
    np.savez(tmp_path / "epochs.npz", wavelength=GRID, flux=flux, mjd=np.array([57000.5, 57001.25, 57002.0]))
    found = [one.meta.moment for one in spectra.read(tmp_path / "epochs.npz")]
    assert [None if one is None else one.date for one in found] == [2457001.0, 2457001.75, None]


def test_a_prepared_set_keeps_times_and_sites(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "a.fits", **{"MJD-AVG": 56999.75, "SITELONG": 10.0, "SITELAT": 50.0, "BERV": 4.25})
    write(folder / "b.fits")
    recipe = spectra.Recipe.from_json(
        {"schema": 1, "steps": [{"step": "resample", "minimum": 5010, "maximum": 5090, "points": 100}]}
    )
    spectra.prepare(folder, recipe, tmp_path / "f.parquet")
    features = spectra.FeatureSet.open(tmp_path / "f.parquet")
    observed = features.observations()
    assert observed is not None
    times = observed.times
    assert times is not None
    assert times.moment(0) == Moment(2457000.25, "JD(UTC)", "MJD-AVG", True, Site(10.0, 50.0), 4.25)
    assert times.moment(1) is None
    taken = features.take([1, 0]).observations
    assert taken is not None
    assert taken.times is not None
    assert taken.times.moment(1) == times.moment(0)


def test_times_are_joined_and_selected_with_their_rows() -> None:
    known = Times.of([Moment(2457000.25, "BJD"), None])
    assert known is not None
    both = Times.joined([known, None], [2, 1])
    assert both is not None
    assert [both.moment(row) is None for row in range(3)] == [False, True, True]
    assert both.select([2, 0]).systems == [None, "BJD"]
    assert Times.of([None, None]) is None
    assert Times.joined([None], [4]) is None
    assert Observations.unknown(2).times is None


def test_julian_dates_are_recognised_by_their_size() -> None:
    assert julian_date(57000.25, "JD") == 2457000.25
    assert julian_date(57000.25, "MJD") == 2457000.75
    assert julian_date(12.5, "JD") is None
    assert julian_date(float("nan"), "JD") is None
    assert julian_date(1e9, "MJD") is None


def test_real_lamost_spectra_have_the_median_time_of_their_exposures(data_folder: Path) -> None:
    path = data_folder / "lamost" / "lrs_ccf" / "spec-55859-F5907_sp03-120.fits.gz"
    if not path.is_file():
        pytest.skip("this spectrum is not there")
    found = spectra.read(path)[0].meta.moment
    assert found == Moment(
        pytest.approx(2455859.201389, abs=1e-6), "JD(UTC)", "DATE-OBS", True, None, -4.86387
    )
