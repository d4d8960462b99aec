"""Finds the original files of spectra; members of archives are unpacked in a process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dashboard.base.errors import NotFound, Unavailable
from dashboard.data.curves.curve_service import PATIENCE_S
from dashboard.data.curves.original import OUTGOING, Original, archive_of, in_archive, unpack_member
from dashboard.data.dataset import SpectrumRow
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.missing_files import Fill, nothing_to_bring


class OriginalFiles:
    """Finds the files of spectra as they were uploaded.

    Parameters
    ----------
    processes : ProcessPool
        Unpacks members of archives.
    fill : callable
        Brings files of reference datasets here.
    folder : Path
        ``<home>/data``.
    """

    def __init__(self, processes: ProcessPool, folder: Path, fill: Fill = nothing_to_bring) -> None:
        self._fill = fill
        self._processes = processes
        self._folder = folder

    async def of(self, dataset: str, row: SpectrumRow) -> Original:
        """Return the file of a spectrum as it was uploaded.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        row : SpectrumRow
            The spectrum.

        Returns
        -------
        Original
            The file; a member of an archive is unpacked into a temporary one.

        Raises
        ------
        NotFound
            If the file or the member is gone.
        Unavailable
            If the process that unpacks died or took longer than `PATIENCE_S`.
        """
        root = self._folder / dataset / "files"
        file = row.path.partition("!/")[0]
        if not await asyncio.to_thread((root / file).is_file):
            reasons = await self._fill(dataset, [file])
            if file in reasons:
                raise NotFound(f"The file {file} is at its archive: {reasons[file]}.")
        if not in_archive(row.path):
            if not await asyncio.to_thread((root / row.path).is_file):
                raise NotFound(f"The file {row.path} is not there any more.")
            return Original(root / row.path, row.path.rpartition("/")[2])
        try:
            outgoing = self._folder / OUTGOING
            await asyncio.to_thread(outgoing.mkdir, exist_ok=True)
            found = await self._processes.run(
                unpack_member,
                root,
                row.path,
                outgoing,
                limit_s=PATIENCE_S,
                reads=[archive_of(root, row.path)],
                writes=[outgoing],
            )
        except WorkerLost as lost:
            raise Unavailable(f"{row.path} could not be unpacked: {lost}.") from lost
        if isinstance(found, str):
            raise NotFound(f"{row.path} could not be unpacked: {found}.")
        return found
