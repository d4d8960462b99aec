"""Makes spectra and datasets for the tests."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from dashboard.auth.identity import OWNER
from dashboard.data.dataset import Dataset
from dashboard.data.isolated.process_pool import ProcessPool
from dashboard.data.service import DataService
from spectra.isolation.reader import call_isolated


class Threads(ProcessPool):
    """Does the same work in threads: a process for each test costs a second (`test_process_pool`)."""

    async def run(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        limit_s: float,
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
    ) -> Any:
        return await asyncio.to_thread(
            lambda: call_isolated(function, *arguments, reads=reads, writes=writes)
        )


def fits_bytes(start: float = 6500.0, count: int = 200, dip: float = 0.5, name: str = "") -> bytes:
    """Return a one-dimensional image with a line in its middle, wavelengths in vacuum."""
    x = np.arange(count)
    flux = 1.0 - dip * np.exp(-(((x - count / 2) / 5) ** 2))
    hdu = fits.PrimaryHDU(flux)
    hdu.header.update({"CRVAL1": start, "CDELT1": 1.0, "CRPIX1": 1.0, "CTYPE1": "WAVE", "CUNIT1": "Angstrom"})
    if name:
        hdu.header["OBJECT"] = name
    file = io.BytesIO()
    hdu.writeto(file)
    return file.getvalue()


async def chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def uploaded(service: DataService, files: Mapping[str, bytes], kind: str = "spectra") -> Dataset:
    """Return a dataset of these files, read."""
    dataset = await service.create("test", OWNER, kind)
    for path, content in files.items():
        await service.upload(dataset.id, path, chunks(content))
    await service.done(dataset.id)
    return await service.settled(dataset.id)
