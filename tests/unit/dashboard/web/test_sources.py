"""What a report says of files leads to the dataset that they are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.auth.identity import OWNER
from dashboard.data.isolated.read_spectra import Place
from dashboard.web.pages.source_links import named, sources
from spectra import Source
from spectra.rejection import source_text
from spectra.synthetic import write_folder
from tests.folder_upload import upload_folder
from tests.unit.dashboard.web.conftest import Site


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("star.fits", "star.fits", Place("star.fits")),
        ("/job/in/data/night 1/star.fits", "night 1/star.fits", Place("night 1/star.fits")),
        ("a.zip!/b.fits (HDU 2)", "a.zip!/b.fits (HDU 2)", Place("a.zip!/b.fits", 2)),
        ("m.npz (row 7)", "m.npz (row 7)", Place("m.npz", None, 7)),
        ("m.fits (HDU 1, row 7)", "m.fits (HDU 1, row 7)", Place("m.fits", 1, 7)),
        ("odd (1).fits", "odd (1).fits", Place("odd (1).fits")),
        ("two\nlines.fits", "two\nlines.fits", Place("two\nlines.fits")),
    ],
)
def test_a_source_is_named_as_the_dataset_calls_it(text: str, name: str, place: Place) -> None:
    assert named(text) == (name, place)


async def test_rejected_spectra_lead_to_their_pages_and_refused_files_to_their_list(
    site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "spectra"
    write_folder(folder, 2, seed=1)
    (folder / "broken.fits").write_bytes(b"SIMPLE  = nonsense")
    data = site.platform.data
    made = await data.settled((await upload_folder(data, folder, "few", OWNER)).id)
    row = (await data.rows.numbered(made.id, [0]))[0]
    source = source_text(Source(f"/job/in/data/{row.path}", row.hdu, row.row))
    texts = [source, "/job/in/data/broken.fits", "gone.fits"]
    columns = [{"name": "source"}, {"name": "reason"}]
    table = {"data": {"columns": columns, "rows": [[text, "too short"] for text in texts]}}
    assert await sources(data, made.id, table) == {
        source: {"name": source.removeprefix("/job/in/data/"), "url": f"/data/{made.id}/spectra/0"},
        texts[1]: {"name": "broken.fits", "url": f"/data/{made.id}#refused"},
        texts[2]: {"name": "gone.fits", "url": None},
    }
    assert await sources(data, made.id, {"data": {"columns": "none"}}) == {}
