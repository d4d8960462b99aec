"""What a job takes from a dataset."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from dashboard.database.tables import dataset_spectra
from dashboard.jobs.folder.inputs import InputGone
from dashboard.platform import Platform
from tests.platform.world import World, add_dataset, settle, submit


async def test_a_manifest_is_streamed_in_pieces_and_whole(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.data.store.spectra.AT_ONCE", 3)
    dataset = await add_dataset(platform)
    async with platform.database.write() as connection:
        rows = [
            {
                "dataset": dataset,
                "number": number,
                "path": 'a, "b".fits',
                "hdu": 1,
                "row": number,
                "name": f"s{number}",
            }
            for number in range(2, 9)
        ]
        await connection.execute(insert(dataset_spectra), rows)
    await platform.inputs.write_manifest(dataset, tmp_path / "m.csv")
    with (tmp_path / "m.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["name"] for row in read] == ["A", "B", *(f"s{number}" for number in range(2, 9))]
    assert read[-1] == {
        "path": 'a, "b".fits',
        "hdu": "1",
        "row": "8",
        "name": "s8",
        "label": "",
        "group": "",
        "instrument": "",
    }


async def test_of_a_feature_set_the_file_that_was_read_is_mounted(world: World, platform: Platform) -> None:
    dataset = await add_dataset(platform, kind="features")
    async with platform.database.write() as connection:
        await connection.execute(update(dataset_spectra).values(path="B.csv"))
    job = await submit(platform, dataset)
    await settle(platform, job)
    [_, mount] = world.node.started[-1].mounts
    assert mount.source.name == "B.csv"
    [attempt] = await platform.jobs.attempts(job.id)
    assert not (platform.jobs.attempt_folder(attempt) / "in" / "manifest.csv").exists()


async def test_a_dataset_that_is_gone_or_not_ready_is_named(platform: Platform) -> None:
    indexing = await add_dataset(platform, state="indexing", reason="3 of 5 files")
    for dataset, why in (("none", "was deleted"), (indexing, "is indexing: 3 of 5 files")):
        with pytest.raises(InputGone, match=why):
            await platform.inputs.source(dataset)
