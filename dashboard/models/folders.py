"""The folders of models, ``<home>/models/{model}/``."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from dashboard.base.ids import new_identifier
from dashboard.models.model import BELOW, ModelFile

# A link to the job's file costs no room; where the file system or its rules reject one, the file is copied.
NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES})


class ModelFolders:
    """Where the files of models lie.

    Parameters
    ----------
    folder : Path
        ``<home>/models``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, model: str) -> Path:
        """Return the folder of a model."""
        return self._folder / model

    def settle(self, model: str, out: Path, files: Sequence[ModelFile]) -> None:
        """Put the files in place, by rename.

        A supervisor that was stopped in the middle of it may go on when another has done it: so what is in
        place is never taken away by somebody who has the same to put there.
        """
        new = self._folder / f".{model}.{new_identifier()}"
        new.mkdir(parents=True)
        for part in files:
            to = new / part.path.removeprefix(BELOW)
            to.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(out / part.path, to, follow_symlinks=False)
            except OSError as error:
                if error.errno not in NO_LINK:
                    raise
                shutil.copyfile(out / part.path, to, follow_symlinks=False)
        final = self.of(model)
        if not _holds(final, files):
            shutil.rmtree(final, ignore_errors=True)
            new.rename(final)
        for left in self._folder.glob(f".{model}.*"):
            shutil.rmtree(left, ignore_errors=True)

    def remove(self, model: str) -> None:
        """Remove the folder of a model, as far as that is possible."""
        shutil.rmtree(self.of(model), ignore_errors=True)


def _holds(folder: Path, files: Sequence[ModelFile]) -> bool:
    """Whether all files of the model are in place."""
    wanted = {part.path.removeprefix(BELOW): part.size for part in files}
    found = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    return folder.is_dir() and found == wanted
