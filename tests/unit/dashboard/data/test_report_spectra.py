from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Invalid, NotFound
from dashboard.data.curve import Window
from dashboard.data.service import DataService
from dashboard.reports.report_spectra import JobReports
from spectra import Source
from tests.unit.dashboard.data.making import fits_bytes, uploaded
from tests.unit.dashboard.data.shelf import Shelf, view

WINDOW = Window(100)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out")


@pytest.fixture
def reports(shelf: Shelf, service: DataService) -> JobReports:
    return JobReports(shelf, service)  # type: ignore[arg-type]


async def test_a_mark_leads_to_the_prepared_row_and_to_the_spectrum_it_was(
    shelf: Shelf, reports: JobReports, service: DataService
) -> None:
    dataset = await uploaded(
        service, {"d/a.fits": fits_bytes(), "d/b.fits": fits_bytes(), "d/c.fits": fits_bytes()}
    )
    shelf.dataset = dataset.id
    locations = [(await service.rows.get(dataset.id, n)) for n in (2, 0)]
    sources = [Source(f"in/data/{row.path}", row.hdu, row.row) for row in locations] + [
        Source("in/data/gone.fits")
    ]
    flux = shelf.features(sources)
    shelf.report(view("histogram", marks="marks.npy"), marks=np.array([5, 5, 5], dtype=np.int32))
    found = await reports.spectra_of_mark("1", "v", 5, OWNER, page=1, size=20, window=WINDOW)
    assert found["total"] == 3
    assert [row["number"] for row in found["rows"]] == [2, 0, None]
    assert [row["path"] for row in found["rows"]] == ["d/c.fits", "d/a.fits", "gone.fits"]
    assert found["rows"][0]["url"] == f"/data/{dataset.id}/spectra/2"
    assert found["rows"][1]["prepared"]["flux"] == flux[1].tolist()
    page = await reports.spectra_of_mark("1", "v", 5, OWNER, page=2, size=2, window=WINDOW)
    assert [row["row"] for row in page["rows"]] == [2]


async def test_a_row_has_its_original_beside_it(
    shelf: Shelf, reports: JobReports, service: DataService
) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes()})
    shelf.dataset = dataset.id
    row = await service.rows.get(dataset.id, 0)
    shelf.features([Source("in/data/a.fits", row.hdu, row.row), Source("in/data/b.fits")])
    found = await reports.row("1", 0, WINDOW, OWNER)
    assert found["original"]["points"] == 200
    assert (found["previous"], found["next"], found["reason"]) == (None, 1, None)
    assert (await reports.row("1", 1, WINDOW, OWNER))["reason"].startswith("The dataset does not hold")
    with pytest.raises(NotFound, match="no row 2"):
        await reports.row("1", 2, WINDOW, OWNER)


async def test_a_deleted_dataset_leaves_the_prepared_spectra(shelf: Shelf, reports: JobReports) -> None:
    shelf.dataset = "0" * 14
    shelf.features([Source("in/data/a.fits")])
    found = await reports.row("1", 0, WINDOW, OWNER)
    assert (found["dataset"], found["original"]) == (None, None)
    assert "deleted" in found["reason"]
    assert found["spectrum"]["prepared"]["axis"] == "wavelength"


async def test_a_job_on_a_feature_set_shows_the_rows_of_that(
    shelf: Shelf, reports: JobReports, service: DataService
) -> None:
    shelf.features([Source("x")] * 4)
    content = (shelf.out / "features.parquet").read_bytes()
    (shelf.out / "features.parquet").unlink()
    dataset = await uploaded(service, {"set.parquet": content})
    shelf.dataset = dataset.id
    found = await reports.row("1", 3, WINDOW, OWNER)
    assert found["spectrum"]["number"] == 3
    assert found["original"]["flux"] == found["spectrum"]["prepared"]["flux"]


async def test_a_view_of_spectra_and_a_table_carry_what_their_rows_are(
    shelf: Shelf, reports: JobReports
) -> None:
    shelf.features([Source("in/data/a.fits")] * 3)
    shelf.report(view("spectra", rows=[2, 0]))
    data = (await reports.view("1", "v", OWNER))["view"]["data"]
    assert [spectrum["row"] for spectrum in data["spectra"]] == [2, 0]
    assert data["spectra_total"] == 2
    shelf.report(view("table", columns=[{"name": "spectrum", "title": "S"}], rows=[[1], [None]]))
    data = (await reports.view("1", "v", OWNER))["view"]["data"]
    assert data["spectra"] == {"1": {"name": "s1", "number": None, "url": None}}


async def test_a_job_that_has_not_begun_has_no_report(shelf: Shelf, reports: JobReports) -> None:
    shelf.begun = False
    assert await reports.views("1", OWNER) == []
    with pytest.raises(NotFound, match="has not started"):
        await reports.view("1", "v", OWNER)
    with pytest.raises(NotFound):
        await reports.views("2", OWNER)


async def test_prepared_spectra_that_cannot_be_read_are_said_to_be_so(
    shelf: Shelf, reports: JobReports
) -> None:
    shelf.out.mkdir()
    (shelf.out / "features.parquet").write_bytes(b"rubbish")
    with pytest.raises(Invalid, match="prepared spectra cannot be read"):
        await reports.row("1", 0, WINDOW, OWNER)


async def test_a_link_in_place_of_the_prepared_spectra_is_not_followed(
    shelf: Shelf, reports: JobReports, tmp_path: Path
) -> None:
    shelf.features([Source("x")])
    (shelf.out / "features.parquet").rename(tmp_path / "other.parquet")
    (shelf.out / "features.parquet").symlink_to(tmp_path / "other.parquet")
    with pytest.raises(NotFound):
        await reports.row("1", 0, WINDOW, OWNER)
