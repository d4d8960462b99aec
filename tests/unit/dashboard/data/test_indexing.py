from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, Invalid
from dashboard.base.events import Live
from dashboard.data.dataset import DatasetState, FileState, SpectrumFilter
from dashboard.data.ingest import indexer
from dashboard.data.isolated.process_pool import WorkerLost
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.settings import DataSettings
from spectra import Batch, FeatureSetWriter, Source
from tests.unit.dashboard.data.making import Threads, chunks, fits_bytes, uploaded


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


async def test_spectra_are_numbered_in_the_order_of_paths_and_summed_up(service: DataService) -> None:
    files = {
        "b.fits": fits_bytes(6000.0),
        "a.fits": fits_bytes(6100.0),
        "c.fits": b"rubbish\0",
        "README": b"x",
    }
    dataset = await uploaded(service, files)
    assert (dataset.state, dataset.count, dataset.rejected) == (DatasetState.READY, 2, 1)
    assert (dataset.wavelength_min, dataset.wavelength_max) == pytest.approx((6000.0, 6299.0))
    assert dataset.formats == {"image": 2}
    rows = (await service.rows.search(dataset.id, SpectrumFilter())).items
    assert [(row.number, row.path) for row in rows] == [(0, "a.fits"), (1, "b.fits")]
    coverage = await service.coverage(dataset.id)
    assert (coverage.common_min, coverage.common_max) == pytest.approx((6100.0, 6199.0))
    rejected = await service.store.files.find(dataset.id, state=FileState.REJECTED)
    assert [file.path for file in rejected] == ["c.fits"]
    assert rejected[0].reason


async def test_a_dataset_of_nothing_readable_says_so_and_keeps_its_files(service: DataService) -> None:
    dataset = await uploaded(service, {"a.fits": b"\0rubbish"})
    assert dataset.state is DatasetState.ERROR
    assert "None of the 1 files" in dataset.reason
    assert (service.folder / dataset.id / "files/a.fits").exists()


async def test_an_empty_dataset_cannot_be_read(service: DataService) -> None:
    dataset = await service.create("empty", OWNER)
    with pytest.raises(Invalid, match="no files"):
        await service.done(dataset.id)


async def test_archives_are_read_as_they_are_and_hostile_ones_rejected(service: DataService) -> None:
    files = {
        "good.zip": zipped({"in/x.fits": fits_bytes(), "in/bad.fits": b"SIMPLE"}),
        "evil.zip": zipped({"../x.fits": fits_bytes()}),
    }
    dataset = await uploaded(service, files)
    assert (dataset.count, dataset.rejected) == (1, 1)
    row = await service.rows.get(dataset.id, 0)
    assert row.path == "good.zip!/in/x.fits"
    assert "in/bad.fits" in (await service.store.files.noted(dataset.id))[0].reason
    assert (
        "leads out of the archive"
        in (await service.store.files.find(dataset.id, state=FileState.REJECTED))[0].reason
    )
    original = await service.originals.of(dataset.id, row)
    assert (original.name, original.temporary, original.path.read_bytes()) == ("x.fits", True, fits_bytes())
    assert not (service.folder.parent / "x.fits").exists()


async def test_labels_among_the_files_are_used_and_what_they_cannot_name_is_noted(
    service: DataService,
) -> None:
    files = {"d/a.fits": fits_bytes(), "d/labels.csv": b"file,label,group\na.fits,K,star\nz.fits,M,\n"}
    dataset = await uploaded(service, files)
    assert dataset.classes == {"K": 1}
    assert (await service.rows.get(dataset.id, 0)).group == "star"
    assert "1 of 2 lines" in (await service.store.files.noted(dataset.id))[0].reason


async def test_posted_labels_change_nothing_when_they_name_a_missing_spectrum(service: DataService) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes(), "b.fits": fits_bytes()})
    table = b"file,label\na.fits,K\nz.fits,M\n"
    with pytest.raises(Invalid, match=r"z\.fits"):
        await service.label(dataset.id, table)
    assert (await service.get(dataset.id)).classes == {}
    done = await service.label(dataset.id, table, partial=True)
    assert (done.changed, done.unknown) == (1, ["z.fits"])
    after = await service.get(dataset.id)
    assert after.classes == {"K": 1}
    assert after.sha256 != dataset.sha256


async def test_posted_labels_outlive_another_reading(service: DataService) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes()})
    await service.label(dataset.id, b"file,label\na,K\n")
    await service.label(dataset.id, b"file,label\na,M\n")
    await service.upload(dataset.id, "0.fits", chunks(fits_bytes()))
    await service.done(dataset.id)
    assert (await service.settled(dataset.id)).classes == {"M": 1}


async def test_labels_wait_for_the_spectra(service: DataService) -> None:
    dataset = await service.create("empty", OWNER)
    with pytest.raises(Conflict):
        await service.label(dataset.id, b"name,label\nx,K\n")


async def test_the_same_files_have_the_same_hash_and_other_files_another(service: DataService) -> None:
    one = await uploaded(service, {"a.fits": fits_bytes(), "b.fits": fits_bytes(1000.0)})
    same = await uploaded(service, {"b.fits": fits_bytes(1000.0), "a.fits": fits_bytes()})
    other = await uploaded(service, {"a.fits": fits_bytes(), "c.fits": fits_bytes(1000.0)})
    assert one.sha256 == same.sha256 != other.sha256


async def test_a_reading_that_is_cut_short_goes_on_after_a_restart(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH_FILES", 1)
    monkeypatch.setattr(indexer, "AHEAD", 1)
    service = DataService(database, Live(), tmp_path / "data", DataSettings(), processes=Threads)
    await service.start()
    files = {f"{n}.fits": fits_bytes(6000.0 + n) for n in range(4)}
    dataset = await service.create("test", OWNER)
    for path, content in files.items():
        await service.upload(dataset.id, path, chunks(content))
    reached = asyncio.Event()
    record = service.rows.read_files
    times = 0

    async def stop_at_the_third(of: str, ended: list, count: int) -> None:
        nonlocal times
        times += 1
        if times == 3:
            reached.set()
            await asyncio.Event().wait()  # the rows of the third file are in, the file is not yet read
        await record(of, ended, count)

    monkeypatch.setattr(service.rows, "read_files", stop_at_the_third)
    await service.done(dataset.id)
    await reached.wait()
    await service.stop()
    assert (await service.store.get(dataset.id)).state is DatasetState.INDEXING
    again = DataService(database, Live(), tmp_path / "data", DataSettings(), processes=Threads)
    await again.start()
    found = await again.settled(dataset.id)
    rows = (await again.rows.search(dataset.id, SpectrumFilter())).items
    await again.stop()
    assert (found.state, found.count) == (DatasetState.READY, 4)
    assert [row.path for row in rows] == sorted(files)


async def test_a_file_that_ends_its_process_is_rejected_alone(
    service: DataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Threads.run

    async def run_or_lose(self: Threads, function, *arguments, **limits):
        if function is indexer.index_files and any(path == "b.fits" for path, _ in arguments[1]):
            raise WorkerLost("reading it ended the process")
        return await run(self, function, *arguments, **limits)

    monkeypatch.setattr(Threads, "run", run_or_lose)
    dataset = await uploaded(service, {f"{name}.fits": fits_bytes() for name in "abc"})
    assert (dataset.count, dataset.rejected) == (2, 1)
    rejected = await service.store.files.find(dataset.id, state=FileState.REJECTED)
    assert [(file.path, file.reason) for file in rejected] == [("b.fits", "reading it ended the process")]


async def test_a_feature_set_is_recognised_and_its_rows_are_the_numbers(
    service: DataService, tmp_path: Path
) -> None:
    path = tmp_path / "set.parquet"
    batch = Batch(
        np.arange(6, dtype=np.float32).reshape(3, 2),
        np.array([5000.0, 5001.0]),
        ["a", "b", "c"],
        ["K", None, "M"],
        [None, None, None],
        [Source("x.fits")] * 3,
    )
    with FeatureSetWriter(path, wavelength=batch.wavelength, recipe=None) as writer:
        writer.write(batch)
    dataset = await uploaded(service, {"set.parquet": path.read_bytes()})
    assert (dataset.kind, dataset.count, dataset.classes) == ("features", 3, {"K": 1, "M": 1})
    row = await service.rows.get(dataset.id, 2)
    read = (await service.curves.read(dataset.id, dataset.kind, [row]))[0]
    assert read.flux.tolist() == [4.0, 5.0]
    assert await service.feature_file(dataset.id) == service.folder / dataset.id / "files/set.parquet"


async def test_a_table_of_features_is_imported(service: DataService) -> None:
    table = b"name,class,5000.0,5001.0\na,K,1,2\nb,M,3,4\n"
    dataset = await uploaded(service, {"set.csv": table}, kind="features")
    assert (dataset.state, dataset.reason, dataset.count) == (DatasetState.READY, "", 2)
    assert (await service.feature_file(dataset.id)).name == "set.csv.parquet"


async def test_what_no_dataset_owns_is_swept_at_the_start(service: DataService) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes()})
    orphan = service.folder / ("0" * 14)
    orphan.mkdir()
    (service.folder / dataset.id / "parts").mkdir(exist_ok=True)
    (service.folder / dataset.id / "parts/1.part").write_bytes(b"half")
    await service.stop()
    await service.start()
    assert not orphan.exists()
    assert not (service.folder / dataset.id / "parts").exists()
    assert (service.folder / dataset.id / "files/a.fits").exists()


async def test_the_order_and_the_search_of_a_list(service: DataService) -> None:
    await service.create("beta 100%", OWNER)
    await service.create("alpha", OWNER)
    assert [found.name for found in (await service.store.search(sort="name", identity=OWNER)).items] == [
        "alpha",
        "beta 100%",
    ]
    assert [found.name for found in (await service.store.search("100%", identity=OWNER)).items] == [
        "beta 100%"
    ]
    assert (await service.store.search("%", identity=OWNER)).total == 1
    with pytest.raises(Invalid):
        await service.store.search(sort="owner; drop table datasets", identity=OWNER)


async def test_a_dataset_counts_the_spectra_whose_files_state_no_unit(service: DataService) -> None:
    rows = "".join(f"{6000 + i} {1 + i % 3}\n" for i in range(50))
    files = {
        "a.txt": rows.encode(),
        "b.csv": b"wavelength (Angstrom),flux\n" + rows.replace(" ", ",").encode(),
        "c.csv": b"wavelength (Angstrom vacuum),flux\n" + rows.replace(" ", ",").encode(),
    }
    dataset = await uploaded(service, files)
    assert dataset.assumed == {"unit": 1, "frame": 2}
    found = (await service.rows.search(dataset.id, SpectrumFilter())).items
    assert [row.assumed for row in found] == ["unit frame", "frame", ""]
