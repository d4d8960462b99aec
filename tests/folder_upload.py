"""Datasets made of the files of a folder, for tests that stand on real or synthetic spectra."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from dashboard.auth.identity import Identity
from dashboard.data.dataset import Dataset
from dashboard.data.service import DataService

BLOCK = 1 << 20


async def upload_folder(
    service: DataService, folder: Path, name: str, identity: Identity, *, synthetic: bool = False
) -> Dataset:
    """Upload every file below a folder but hidden ones, end the upload, and return the dataset."""
    dataset = await service.create(name, identity, synthetic=synthetic)
    for path in _files(folder):
        await service.upload(dataset.id, path.relative_to(folder).as_posix(), _blocks(path))
    return await service.done(dataset.id)


def _files(folder: Path) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
