"""Walk through the spectra of files, folders and archives, one file in memory at a time, in sorted order."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spectra.fault import Fault
from spectra.reading.archive import SEPARATOR, Archive, holds_archive
from spectra.reading.content import Content
from spectra.reading.entry import Rejected, accept, spectra_of, timely
from spectra.reading.folder import files_of, is_beside
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.manifest import Manifest, read_manifest
from spectra.reading.read_error import ReadError
from spectra.spectrum import Spectrum, SpectrumList, UnreadableSpectrum

if TYPE_CHECKING:
    from spectra.reading.quicklook import QuickLook

Item = Spectrum | UnreadableSpectrum
_LOG = logging.getLogger("spectra")


def read(
    source: str | os.PathLike[str] | bytes,
    format: str | None = None,  # noqa: A002 - the contract's name
    *,
    name: str = "",
    hashing: bool = False,
    rejected: Rejected | None = None,
) -> SpectrumList:
    """Read all spectra of a file, folder or archive, or of bytes.

    One dead fibre or broken row does not cost its neighbours: they are returned, and `missing` of the list
    (and a warning in the log "spectra") says what is not there. A whole file that cannot be read raises.

    Parameters
    ----------
    source
        A path, or the bytes of a file (gzipped or not, an archive or not).
    format
        Name of a format of `FORMATS`; None recognises it from the bytes.
    name
        What messages and `Source.path` call the bytes.
    hashing
        Whether sources carry the SHA-256 of the file as stored.
    rejected
        Called for each spectrum or file that cannot be read, instead of the above.

    Returns
    -------
    SpectrumList
        The spectra; `missing` names the parts of files that could not be read.

    Raises
    ------
    UnreadableSpectrum
        When a file cannot be read, or nothing is there to read.
    """
    missing: list[UnreadableSpectrum] = []

    def listen(error: UnreadableSpectrum) -> None:
        if error.place:
            missing.append(error)
        if rejected is not None:
            rejected(error)
        elif error.place:
            _LOG.warning("%s", error)
        else:
            raise error

    found = list(iter_spectra(source, format=format, name=name, hashing=hashing, rejected=listen))
    return SpectrumList(found, missing)


def iter_spectra(
    source: str | os.PathLike[str] | bytes,
    *,
    manifest: str | os.PathLike[str] | None = None,
    rejected: Rejected | None = None,
    format: str | None = None,  # noqa: A002 - the contract's name
    name: str = "",
    hashing: bool = False,
    quick: QuickLook | None = None,
    limits: Limits = UNLIMITED,
) -> Iterator[Spectrum]:
    """Walk through the spectra of a file, folder (with its subfolders) or archive, sorted by path.

    Hidden files, README, LICENSE, labels.csv, manifest.csv and rejected.csv are passed over in folders and
    archives.

    Parameters
    ----------
    source, format, name, hashing
        As for `read`.
    manifest
        Path of a manifest: only the spectra that it names are read, with its labels.
    rejected
        Called with an `UnreadableSpectrum` for each one that cannot be read, and the walk goes on; without
        it the first is raised.
    quick
        Lets spectra be cut to what is needed of them, for bulk preparation.
    limits
        What is over them is rejected like what cannot be read: for files from strangers.

    Raises
    ------
    UnreadableSpectrum
        Without `rejected`: for the first that cannot be read. Always: when the source is not there, is
        empty, is an archive that is broken or hostile, or the manifest is broken or names spectra that are
        not there.
    """
    chosen = None if manifest is None else read_manifest(os.fspath(manifest))
    walk = _Walk(format, hashing=hashing, chosen=chosen, quick=quick, limits=limits)
    if isinstance(source, bytes):
        items = walk.content(Content(name or "<bytes>", source, hashing=hashing, limits=limits))
    else:
        path = os.fspath(source)
        if not os.path.exists(path):  # noqa: PTH110 - os.path throughout: this is the way to millions of files
            raise UnreadableSpectrum(path, "there is no such file or folder", Fault.MISSING)
        if not (os.path.isdir(path) or os.path.isfile(path)):  # noqa: PTH112, PTH113
            raise UnreadableSpectrum(
                path, "it is neither a file nor a folder", Fault.UNKNOWN_FORMAT
            )  # a pipe would wait for ever
        items = walk.folder(path) if os.path.isdir(path) else walk.file(path)  # noqa: PTH112
    yield from accept(items, rejected)


class _Walk:
    """One walk: the format asked for, whether to hash, and the manifest's choice."""

    def __init__(
        self,
        form: str | None,
        *,
        hashing: bool,
        chosen: Manifest | None,
        quick: QuickLook | None,
        limits: Limits,
    ) -> None:
        self._quick = quick
        self._limits = limits
        self._form = form
        self._hashing = hashing
        self._chosen = chosen

    def folder(self, folder: str) -> Iterator[Item]:
        chosen = self._chosen
        if chosen is not None:
            there = [path for path in chosen.entries if (Path(folder) / path).is_file()]
            chosen.check(there, folder)
        empty = True
        for relative in files_of(folder) if chosen is None else chosen.entries:
            empty = False
            if chosen is not None and (reason := chosen.unavailable(relative)):
                yield UnreadableSpectrum(os.path.join(folder, relative), reason, Fault.MISSING)  # noqa: PTH118
                continue
            content = self._opened(os.path.join(folder, relative))  # noqa: PTH118
            if isinstance(content, UnreadableSpectrum):
                yield content
            elif chosen is not None:
                yield from chosen.apply(relative, self._all(content))
            else:
                yield from self._all(content)
        if empty:
            raise UnreadableSpectrum(
                folder,
                "the folder holds no spectra (hidden files, README and labels.csv do not count)",
                Fault.EMPTY,
            )

    def file(self, path: str) -> Iterator[Item]:
        content = self._opened(path)
        if isinstance(content, UnreadableSpectrum):
            yield content
        else:
            yield from self.content(content)

    def content(self, content: Content) -> Iterator[Item]:
        """Walk through a file or archive that is itself the source: a manifest names what is in it."""
        chosen = self._chosen
        if chosen is None or _is_archive(content):
            yield from self._all(content, chosen)
        else:
            base = content.name.rpartition("/")[2]
            chosen.check([base], content.name)
            yield from chosen.apply(base, spectra_of(content, self._form, self._quick))

    def _all(self, content: Content, chosen: Manifest | None = None) -> Iterator[Item]:
        """Walk through all of a file; of an archive, through what `chosen` names of its members."""
        try:
            packed = holds_archive(content)
        except ReadError as error:
            yield UnreadableSpectrum(content.name, str(error), error.kind)
            return
        yield from self._archive(content, chosen) if packed else spectra_of(content, self._form, self._quick)

    def _opened(self, path: str) -> Content | UnreadableSpectrum:
        try:
            return Content.of_path(path, hashing=self._hashing, limits=self._limits)
        except (OSError, ValueError) as error:
            return UnreadableSpectrum(
                path, f"it cannot be opened ({getattr(error, 'strerror', None) or error})", Fault.NOT_OPENED
            )

    def _archive(self, content: Content, chosen: Manifest | None) -> Iterator[Item]:
        try:
            with timely(self._limits, lambda: Archive(content)) as archive:
                for name, reason in archive.rejected:
                    yield UnreadableSpectrum(f"{content.name}{SEPARATOR}{name}", reason)
                names = [member for member in archive.names if not is_beside(member)]
                if not names and archive.rejected:
                    return
                if not names:
                    raise ReadError("the archive holds no spectra", Fault.EMPTY)
                if chosen is not None:
                    chosen.check(names, content.name)
                for name in names if chosen is None else chosen.entries:
                    items = self._member(content.name, archive, name)
                    yield from items if chosen is None else chosen.apply(name, items)
        except ReadError as error:
            yield UnreadableSpectrum(content.name, str(error), error.kind)

    def _member(self, path: str, archive: Archive, name: str) -> Iterator[Item]:
        inside = f"{path}{SEPARATOR}{name}"
        try:
            data = timely(self._limits, lambda: archive.read(name))
            member = Content(inside, data, hashing=self._hashing, limits=self._limits)
        except ReadError as error:
            yield UnreadableSpectrum(inside, str(error), error.kind)
        else:
            yield from spectra_of(member, self._form, self._quick)


def _is_archive(content: Content) -> bool:
    """Return whether it is an archive; what is rejected as one is, and its reader will say why."""
    try:
        return holds_archive(content)
    except ReadError:
        return True
