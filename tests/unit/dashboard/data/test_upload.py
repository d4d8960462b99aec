from __future__ import annotations

import errno
import hashlib
from collections.abc import AsyncIterator

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, NotFound, StorageFull
from dashboard.data.dataset import DatasetState
from dashboard.data.ingest import upload_stream
from dashboard.data.ingest.upload_stream import TooLarge
from dashboard.data.service import DataService
from tests.unit.dashboard.data.making import chunks, fits_bytes, uploaded


async def breaking(content: bytes) -> AsyncIterator[bytes]:
    yield content
    raise ConnectionResetError


def stored(service: DataService, dataset: str) -> list[str]:
    root = service.folder / dataset
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def test_a_file_is_stored_with_its_size_and_hash(service: DataService) -> None:
    dataset = await service.create("a", OWNER)
    content = bytes(range(256)) * 3000
    file = await service.upload(dataset.id, "f/x.fits", chunks(content), len(content))
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (service.folder / dataset.id / "files/f/x.fits").read_bytes() == content
    assert await service.store.files.find(dataset.id) == [file]


async def test_an_upload_that_breaks_leaves_nothing_and_what_was_there_stays(service: DataService) -> None:
    dataset = await service.create("a", OWNER)
    await service.upload(dataset.id, "x", chunks(b"whole"))
    with pytest.raises(ConnectionResetError):
        await service.upload(dataset.id, "x", breaking(b"ha"))
    with pytest.raises(ConnectionResetError):
        await service.upload(dataset.id, "y", breaking(b"ha"))
    assert stored(service, dataset.id) == ["files/x"]
    assert (service.folder / dataset.id / "files/x").read_bytes() == b"whole"
    assert [file.path for file in await service.store.files.find(dataset.id)] == ["x"]


async def test_the_same_path_again_replaces_the_file(service: DataService) -> None:
    dataset = await service.create("a", OWNER)
    await service.upload(dataset.id, "x", chunks(b"first version"))
    await service.upload(dataset.id, "x", chunks(b"second"))
    assert (await service.get(dataset.id)).bytes == 6
    assert [file.size for file in await service.store.files.find(dataset.id)] == [6]


@pytest.mark.parametrize("length", [1_000_001, None])
async def test_a_file_over_the_limit_is_rejected_told_or_found_out(
    service: DataService, length: int | None
) -> None:
    dataset = await service.create("a", OWNER)
    with pytest.raises(TooLarge, match=r"data\.file_limit_mb"):
        await service.upload(dataset.id, "x", chunks(bytes(1_000_001), 100_000), length)
    assert stored(service, dataset.id) == []


async def test_a_dataset_over_its_limit_is_rejected_and_a_replaced_file_does_not_count_twice(
    service: DataService,
) -> None:
    dataset = await service.create("a", OWNER)
    for name in ("x", "y"):
        await service.upload(dataset.id, name, chunks(bytes(900_000), 100_000))
    with pytest.raises(TooLarge, match=r"data\.dataset_limit_mb"):
        await service.upload(dataset.id, "z", chunks(bytes(300_000), 100_000))
    await service.upload(dataset.id, "y", chunks(bytes(1_000_000), 100_000))


async def test_a_full_disk_is_said_and_nothing_else_is_lost(
    service: DataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = await service.create("a", OWNER)
    await service.upload(dataset.id, "x", chunks(b"here"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(upload_stream, "_append", full)
    with pytest.raises(StorageFull, match="no room for y"):
        await service.upload(dataset.id, "y", chunks(b"more"))
    assert stored(service, dataset.id) == ["files/x"]


async def test_a_file_and_a_folder_of_one_name_are_a_conflict(service: DataService) -> None:
    dataset = await service.create("a", OWNER)
    await service.upload(dataset.id, "x/y", chunks(b"1"))
    with pytest.raises(Conflict):
        await service.upload(dataset.id, "x", chunks(b"1"))
    with pytest.raises(Conflict):
        await service.upload(dataset.id, "x/y/z", chunks(b"1"))
    assert stored(service, dataset.id) == ["files/x/y"]


async def test_a_dataset_that_is_not_there_takes_nothing(service: DataService) -> None:
    with pytest.raises(NotFound):
        await service.upload("nobody", "x", chunks(b"1"))


async def test_more_files_make_a_ready_dataset_be_read_again(service: DataService) -> None:
    dataset = await uploaded(service, {"b.fits": fits_bytes()})
    await service.upload(dataset.id, "a.fits", chunks(fits_bytes(6000.0)))
    assert (await service.get(dataset.id)).state is DatasetState.UPLOADING
    await service.done(dataset.id)
    assert (await service.settled(dataset.id)).count == 2
    assert [(await service.rows.get(dataset.id, n)).path for n in (0, 1)] == ["a.fits", "b.fits"]


async def test_a_dataset_in_use_is_neither_changed_nor_deleted(service: DataService) -> None:
    dataset = await uploaded(service, {"b.fits": fits_bytes()})

    async def users(_dataset: str) -> list[str]:
        return ["01job"]

    service._users = users
    with pytest.raises(Conflict, match="01job"):
        await service.upload(dataset.id, "a.fits", chunks(b"1"))
    with pytest.raises(Conflict, match="01job"):
        await service.delete(dataset.id)
    assert stored(service, dataset.id) == ["files/b.fits"]


async def test_a_deleted_dataset_leaves_nothing(service: DataService) -> None:
    dataset = await uploaded(service, {"b.fits": fits_bytes()})
    await service.delete(dataset.id)
    assert not (service.folder / dataset.id).exists()
    assert await service.find(dataset.id) is None
    assert await service.store.files.find(dataset.id) == []
