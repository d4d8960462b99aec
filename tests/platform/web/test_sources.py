"""What a report says of files leads to the dataset that they are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.auth.identity import OWNER
from dashboard.data.dataset import SpectrumLocation
from dashboard.web.pages.jobs.source_links import location_of, sources
from jobfolder.dataset_path import dataset_path
from spectra import Source
from spectra.rejection import source_text
from spectra.synthetic import write_folder
from tests.folder_upload import upload_folder
from tests.platform.web.conftest import Site


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"path": "star.fits", "hdu": None, "row": None}, SpectrumLocation("star.fits")),
        ({"path": "a.zip!/b.fits", "hdu": 2}, SpectrumLocation("a.zip!/b.fits", 2)),
        ({"path": "m.npz", "row": 7}, SpectrumLocation("m.npz", None, 7)),
        ({"path": "m.fits", "hdu": 1, "row": 7}, SpectrumLocation("m.fits", 1, 7)),
        ({"path": "odd (HDU 1).fits"}, SpectrumLocation("odd (HDU 1).fits")),
        ({"path": "two\nlines.fits"}, SpectrumLocation("two\nlines.fits")),
        ({"path": 1}, None),
        ({"path": "m.fits", "row": -1}, None),
        ({"path": "m.fits", "row": True}, None),
        ({"path": "m.fits", "row": 10**400}, None),
        ("m.fits", None),
    ],
)
def test_the_place_of_a_row_is_read_from_data(value: object, found: SpectrumLocation | None) -> None:
    assert location_of(value) == found


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("star.fits", "star.fits"),
        ("/job/in/data/night 1/star.fits", "night 1/star.fits"),
        ("in/data/star.fits", "star.fits"),
        ("/home/u/jobs/a/in/data/a.zip!/b.fits", "a.zip!/b.fits"),
    ],
)
def test_a_source_is_named_as_the_dataset_calls_it(text: str, path: str) -> None:
    assert dataset_path(text) == path


async def test_rejected_spectra_lead_to_their_pages_and_rejected_files_to_their_list(
    site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "spectra"
    write_folder(folder, 2, seed=1)
    (folder / "broken.fits").write_bytes(b"SIMPLE  = nonsense")
    data = site.platform.data
    made = await data.settled((await upload_folder(data, folder, "few", OWNER)).id)
    row = (await data.rows.numbered(made.id, [0]))[0]
    source = source_text(Source(row.path, row.hdu, row.row))
    texts = [source, "broken.fits", "gone.fits"]
    columns = [{"name": "source"}, {"name": "reason"}]
    places = [{"path": row.path, "hdu": row.hdu, "row": row.row}, {"path": texts[1]}, {"path": texts[2]}]
    rows = [[text, "too short"] for text in texts]
    table = {"data": {"columns": columns, "rows": rows, "places": places}}
    assert await sources(data, made.id, table) == {
        source: {"name": source, "url": f"/data/{made.id}/spectra/0"},
        texts[1]: {"name": "broken.fits", "url": f"/data/{made.id}#rejected"},
        texts[2]: {"name": "gone.fits", "url": None},
    }
    assert await sources(data, made.id, {"data": {"columns": "none"}}) == {}
