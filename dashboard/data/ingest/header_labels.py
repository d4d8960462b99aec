"""Classes from a keyword of the files' headers, as the table of labels that says the same."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from dashboard.base.errors import FieldError, Invalid
from dashboard.data.companion_files import is_beside
from dashboard.data.dataset import FileState
from dashboard.data.ingest.label_table import LONGEST
from dashboard.data.ingest.upload_stream import TooLarge
from dashboard.data.isolated.header_values import header_values
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.store.datasets import DatasetStore

KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}")
AT_ONCE = 200  # files of one call
PATIENCE_S = 120.0


class HeaderLabels:
    """Makes tables of labels from headers.

    Parameters
    ----------
    store
        Knows the files.
    processes
        Who reads them.
    folder
        ``<home>/data``.
    """

    def __init__(self, store: DatasetStore, processes: ProcessPool, folder: Path) -> None:
        self._store = store
        self._processes = processes
        self._folder = folder

    async def table(self, dataset: str, keyword: str) -> bytes:
        """Return the table of labels that a keyword gives.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        keyword : str
            The keyword, in any case.

        Returns
        -------
        bytes
            CSV ``path,label``; files whose headers lack the keyword are left out.

        Raises
        ------
        Invalid
            If it is no keyword of FITS, or no file has it.
        TooLarge
            If the table would be larger than tables of labels may be.
        """
        name = keyword.strip().upper()
        if not KEYWORD.fullmatch(name):
            reason = "must have 1 to 8 letters, digits, hyphens or underscores"
            wrong = [FieldError("keyword", reason)]
            raise Invalid(f"{keyword!r} is no keyword of a FITS header: it {reason}.", wrong)
        root = self._folder / dataset / "files"
        out = io.StringIO()
        lines = csv.writer(out)
        lines.writerow(("path", "label"))
        found = 0
        paths = [
            file.path
            async for file in self._store.files.all(dataset)
            if file.state is FileState.READ and not is_beside(file.path)
        ]
        for start in range(0, len(paths), AT_ONCE):
            some = paths[start : start + AT_ONCE]
            values = await self._values(root, some, name)
            named = [(path, value) for path, value in zip(some, values, strict=True) if value is not None]
            lines.writerows(named)
            found += len(named)
            if out.tell() > LONGEST:
                raise TooLarge(f"A table of labels may have at most {LONGEST // 2**20} MiB.")
        if not found:
            reason = "is in no header of the files"
            wrong = [FieldError("keyword", reason)]
            raise Invalid(f"The keyword {name} {reason}; members of archives are not looked at.", wrong)
        return out.getvalue().encode()

    async def _values(self, root: Path, paths: list[str], keyword: str) -> list[str | None]:
        try:
            return await self._processes.run(
                header_values, root, paths, keyword, limit_s=PATIENCE_S, reads=[root / path for path in paths]
            )
        except WorkerLost:
            return [None] * len(paths)
