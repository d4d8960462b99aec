"""The images of Apptainer on a cluster: one read-only file (SIF) each, made once, under a lock.

Runs on the login node. The standard library only.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from pathlib import Path

from launchers.apptainer.command import PROGRAM, build_command
from launchers.base import ImageMissing
from launchers.image_archive import BadArchive, image_of

_ID = re.compile(r"sha256:[0-9a-f]{64}")


class ApptainerStore:
    """The images in a folder that only this platform uses."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def install(self) -> str:
        """Return Apptainer's version; `ImageMissing` where it cannot be called."""
        return self._call([PROGRAM, "--version"], "cannot be used").split()[-1]

    def image(self, identifier: str) -> Path | None:
        """Return the file of a prepared image by its id; None if there is none."""
        place = self._place(identifier.removeprefix("sha256:"))
        return place if _ID.fullmatch(identifier) and place.is_file() else None

    def prepare(self, image: str) -> str:
        """Prepare an image and return its id.

        Parameters
        ----------
        image : str
            The path of an archive of ``docker save``, or an id that is here already.

        Raises
        ------
        ImageMissing
            It is neither, or Apptainer does not take it. A tag is not pulled here: Apptainer does not say
            the id of a pulled image; the caller copies an archive instead.
        """
        if not image.startswith("/"):
            if self.image(image) is None:
                raise ImageMissing("slurm", f"image {image} is not there, and is brought as an archive only")
            return image
        try:
            digest = image_of(Path(image))
        except BadArchive as error:
            raise ImageMissing("slurm", str(error)) from error
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.state / "images.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._build(Path(image), self._place(digest))
        return f"sha256:{digest}"

    def _build(self, archive: Path, place: Path) -> None:
        if place.is_file():
            return
        place.parent.mkdir(exist_ok=True)
        part = place.with_suffix(".part")
        part.unlink(missing_ok=True)
        self._call(build_command(archive, part), "could not make an image of the archive")
        part.rename(place)

    def _place(self, digest: str) -> Path:
        return self.state / "sif" / f"{digest}.sif"

    def _call(self, command: list[str], failed: str) -> str:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
                env={**os.environ, "LC_ALL": "C.UTF-8"}, check=False,
            )  # fmt: skip
        except OSError as error:
            raise ImageMissing("slurm", f"{PROGRAM} {failed} on the login node: {error.strerror}") from error
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise ImageMissing("slurm", f"{PROGRAM} {failed}: {said[-1] if said else 'it says nothing'}")
        return done.stdout
