"""Real spectra through the whole service, read by real processes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

import spectra
from dashboard.auth.identity import OWNER
from dashboard.base.events import Live
from dashboard.data.curve import Window
from dashboard.data.dataset import DatasetState, FileState, SpectrumFilter
from dashboard.data.ingest import indexer
from dashboard.data.isolated.read_spectra import index_files
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.settings import DataSettings
from tests.folder_upload import upload_folder


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[DataService]:
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    await database.migrate()
    made = DataService(database, Live(), tmp_path / "data", DataSettings())
    await made.start()
    yield made
    await made.stop()
    await database.close()


@pytest.mark.data
async def test_ondrejov_spectra_come_with_their_classes(service: DataService, data_folder: Path) -> None:
    made = await upload_folder(service, data_folder / "ondrejov", "Hα", OWNER)
    found = await service.settled(made.id)
    assert found.state is DatasetState.READY
    assert {"absorption", "double-peak", "emission"} <= set(found.classes)
    assert set(found.classes.values()) != {0}
    row = (await service.rows.search(made.id, SpectrumFilter("a201402030013"))).items[0]
    assert row.label == "absorption"
    read = (await service.curves.read(made.id, found.kind, [row]))[0]
    wanted = spectra.read(data_folder / "ondrejov/a201402030013.fits")[0]
    assert isinstance(read, spectra.Spectrum)
    np.testing.assert_array_equal(read.wavelength, wanted.wavelength)
    np.testing.assert_array_equal(read.flux, wanted.flux)
    original = await service.originals.of(made.id, row)
    assert original.path.read_bytes() == (data_folder / "ondrejov/a201402030013.fits").read_bytes()


@pytest.mark.data
async def test_every_file_of_every_format_is_read_or_rejected_with_a_reason(
    service: DataService, data_folder: Path
) -> None:
    made = await upload_folder(service, data_folder / "formats", "formats", OWNER)
    found = await service.settled(made.id)
    files = [file async for file in service.store.files.all(made.id)]
    assert {file.state for file in files} == {FileState.READ, FileState.REJECTED}
    assert all(file.reason for file in files if file.state is FileState.REJECTED)
    assert sum(file.state is FileState.REJECTED for file in files) == found.rejected
    whole = hashlib.sha256()
    for file in files:
        content = (data_folder / "formats" / file.path).read_bytes()
        assert file.sha256 == hashlib.sha256(content).hexdigest()
        whole.update(f"{file.sha256}  {file.path}\n".encode())
    assert found.sha256 == whole.hexdigest()
    rejected: list[str] = []
    expected = sum(
        1 for _ in spectra.iter_spectra(data_folder / "formats", rejected=lambda e: rejected.append(e.source))
    )
    assert found.count == expected
    assert sum(found.formats.values()) == found.count


@pytest.mark.data
async def test_every_spectrum_that_was_listed_can_be_drawn(service: DataService, data_folder: Path) -> None:
    made = await upload_folder(service, data_folder / "formats", "formats", OWNER)
    found = await service.settled(made.id)
    rows = [row async for some in service.rows.all(made.id) for row in some]
    for start in range(0, len(rows), 100):
        some = rows[start : start + 100]
        for row, read in zip(some, await service.curves.read(made.id, found.kind, some), strict=True):
            assert isinstance(read, spectra.Spectrum), (row, read)
            assert len(read.flux) == row.points


@pytest.mark.data
async def test_a_recipe_is_tried_on_lamost_spectra(service: DataService, data_folder: Path) -> None:
    made = await upload_folder(service, data_folder / "lamost", "lamost", OWNER)
    found = await service.settled(made.id)
    assert found.classes
    steps = [
        {"step": "cutout", "minimum": 6519.0, "maximum": 6732.0},
        {"step": "resample", "minimum": 6525.0, "maximum": 6725.0, "points": 140},
        {"step": "scale"},
    ]
    shown = await service.previews.make(made.id, {"schema": 1, "steps": steps}, None, Window(500))
    prepared = [spectrum["prepared"] for spectrum in shown["spectra"] if spectrum["prepared"]]
    assert prepared
    assert {curve["points"] for curve in prepared} == {140}
    assert all(spectrum["rejected"] for spectrum in shown["spectra"] if not spectrum["prepared"])


@pytest.mark.data
async def test_supernova_matrix_has_a_row_per_spectrum(service: DataService, data_folder: Path) -> None:
    made = await upload_folder(service, data_folder / "supernovae", "sn", OWNER)
    found = await service.settled(made.id)
    assert found.count > 4000
    assert "Ia" in found.classes
    numbers = await service.rows.numbered(made.id, [0, 17, found.count - 1])
    rows = list(numbers.values())
    read = await service.curves.read(made.id, found.kind, rows)
    assert [len(spectrum.flux) for spectrum in read] == [row.points for row in rows]


async def test_a_file_that_kills_its_reader_is_the_only_one_rejected(
    service: DataService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(8):
        text = "wavelength,flux\n" + "".join(f"{5000 + n},{n % 7}\n" for n in range(50))
        (source / f"{number}.csv").write_text(text)
    monkeypatch.setattr(indexer, "BATCH_FILES", 2)
    monkeypatch.setattr(indexer, "index_files", killed_by_the_fifth)
    found = await service.settled((await upload_folder(service, source, "killer", OWNER)).id)
    rejected = await service.store.files.find(found.id, state=FileState.REJECTED)
    assert [file.path for file in rejected] == ["4.csv"]
    assert "ended the process" in rejected[0].reason
    assert (found.state, found.count) == (DatasetState.READY, 7)


def killed_by_the_fifth(root: Path, paths: list[tuple[str, str | None]], spool: Path) -> None:
    """Read files as the worker does, but for one that ends the process, as a fault in a library would."""
    if any(path == "4.csv" for path, _ in paths):
        os._exit(9)
    index_files(root, paths, spool)
