"""Portions of the files of a source: what one worker process reads and prepares at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from spectra.batch import Batch
from spectra.fault import Fault
from spectra.reading.archive import holds_archive
from spectra.reading.content import Content
from spectra.reading.entry import spectra_of
from spectra.reading.folder import files_of
from spectra.reading.manifest import Manifest, read_manifest
from spectra.reading.quicklook import QuickLook
from spectra.reading.read_error import ReadError
from spectra.reading.walk import iter_spectra
from spectra.recipe import Recipe, Rejected
from spectra.rejection import Rejection
from spectra.spectrum import Spectrum, UnreadableSpectrum

MOST_FILES = 256
MOST_BYTES = 64 << 20
"""Of the files of a portion; a file larger than this is read by the main process, streamed, in its turn."""
CHUNK = 512
"""Spectra that are worked on together: 512 × 4,000 pixels are 16 MB per plane."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some files.

    Parameters
    ----------
    files
        Paths relative to the folder.
    large
        Whether it is a single file that may hold more than should cross process borders at once.
    """

    files: tuple[str, ...]
    large: bool = False


@dataclass(slots=True)
class Outcome:
    """The result of a portion: batches in input order, and the rejections."""

    batches: list[Batch] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


class Folder:
    """The files of a folder, and how they are read.

    Parameters
    ----------
    path
        The folder.
    manifest
        Path of a manifest, or None for all files.
    hashing
        Whether sources carry the hash of their file.

    Raises
    ------
    UnreadableSpectrum
        The manifest cannot be read or names files that are missing.
    """

    def __init__(self, path: str, manifest: str | None, *, hashing: bool = False) -> None:
        self._hashing = hashing
        self._prefix = os.path.join(path, "")  # noqa: PTH118 - the empty end adds the separator
        self._manifest: Manifest | None = None if manifest is None else read_manifest(manifest)
        if self._manifest is not None:
            here = [name for name in self._manifest.entries if os.path.isfile(self._full(name))]  # noqa: PTH113
            self._manifest.check(here, path)

    def files(self) -> Iterator[str]:
        """Yield the relative paths, sorted."""
        return iter(self._manifest.entries) if self._manifest is not None else files_of(self._prefix)

    def portions(self, names: Iterable[str]) -> Iterator[Portion]:
        """Divide files, named as `files` does, into portions, in order."""
        files: list[str] = []
        total = 0
        for name in names:
            try:
                size = os.stat(self._full(name)).st_size  # noqa: PTH116 - once per file, of millions
            except OSError:
                size = 0  # reading it reports the reason
            if files and (len(files) == MOST_FILES or total + size > MOST_BYTES):
                yield Portion(tuple(files))
                files, total = [], 0
            if size > MOST_BYTES:
                yield Portion((name,), large=True)
                continue
            files.append(name)
            total += size
        if files:
            yield Portion(tuple(files))

    def spectra(
        self, portion: Portion, rejected: Rejected, quick: QuickLook | None = None
    ) -> Iterator[Spectrum]:
        """Read the spectra of a portion; unreadable ones are reported, never raised.

        Parameters
        ----------
        portion
            Names of files in the folder.
        rejected
            Called for each spectrum that cannot be read.
        quick
            Where given, spectra may be cut to the wavelengths that it was told are needed.

        Yields
        ------
        Spectrum
            In the order of the files.
        """
        for name in portion.files:
            for item in self._file(name, quick):
                if isinstance(item, Spectrum):
                    yield item
                else:
                    rejected(Rejection.of(item))

    def _file(self, name: str, quick: QuickLook | None) -> Iterator[Spectrum | UnreadableSpectrum]:
        path = self._full(name)
        if self._manifest is not None and (reason := self._manifest.unavailable(name)):
            return iter([UnreadableSpectrum(path, reason, Fault.MISSING)])
        try:
            content = Content.of_path(path, hashing=self._hashing)
            packed = holds_archive(content)
        except (OSError, ValueError, ReadError) as error:
            why = getattr(error, "strerror", None) or error  # an OSError's own text has the path
            kind = error.kind if isinstance(error, ReadError) else Fault.NOT_OPENED
            return iter([UnreadableSpectrum(path, f"it cannot be opened ({why})", kind)])
        # Not always `iter_spectra`: it queries the kind of each file four times, for millions of files.
        items = self._archive(path, quick) if packed else spectra_of(content, quick=quick)
        return items if self._manifest is None else self._manifest.apply(name, items)

    def _archive(self, path: str, quick: QuickLook | None) -> Iterator[Spectrum | UnreadableSpectrum]:
        unreadable: list[UnreadableSpectrum] = []
        try:
            for spectrum in iter_spectra(
                path, rejected=unreadable.append, hashing=self._hashing, quick=quick
            ):
                yield from unreadable
                unreadable.clear()
                yield spectrum
        except UnreadableSpectrum as error:
            unreadable.append(error)
        yield from unreadable

    def _full(self, name: str) -> str:
        return f"{self._prefix}{name}"  # not a Path: once per file, of millions


class PrepareWorker:
    """Reads and prepares portions, in the main process or in one of several others.

    Parameters
    ----------
    folder
        The files.
    recipe
        What to do with their spectra.
    """

    def __init__(self, folder: Folder, recipe: Recipe) -> None:
        self._folder = folder
        self._recipe = recipe
        window = recipe.flux_window
        self._quick = None if window is None else QuickLook(window)

    def work(self, portion: Portion) -> Outcome:
        """Read and prepare a portion."""
        outcome = Outcome()
        spectra = self._folder.spectra(portion, outcome.rejected.append, self._quick)
        outcome.batches.extend(self._recipe.prepare(spectra, outcome.rejected.append, CHUNK))
        return outcome


_worker: list[PrepareWorker] = []


def start(folder: Folder, recipe: Recipe) -> None:
    """Create the `PrepareWorker` of a worker process, once."""
    _worker[:] = [PrepareWorker(folder, recipe)]


def work_here(portion: Portion) -> Outcome:
    """Read and prepare a portion in a worker process that was `start`-ed."""
    return _worker[0].work(portion)
