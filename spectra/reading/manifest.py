"""A manifest: a CSV that names the spectra of a folder or archive, and their labels and groups.

Columns ``path, hdu, row, name, label, group``, ``instrument`` (or ``survey``, ``telescope``, ``source``) and
the time of observation, ``bjd``, ``hjd``, ``jd`` or ``mjd`` (`column_names.TIMES`). A file with
a text in the column ``unavailable`` is rejected with it as its reason. Only `path` is required: it is below
the folder or archive. A member of an archive in the folder is named as sources name it:
``archive.zip!/member.fits``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from spectra.fault import Fault
from spectra.observation.moment import Moment
from spectra.reading.archive import SEPARATOR
from spectra.reading.column_names import INSTRUMENT, TIMES
from spectra.reading.objects.columns import moment
from spectra.spectrum import Spectrum, SpectrumMeta, UnreadableSpectrum

COLUMNS = ("path", "hdu", "row", "name", "label", "group")
UNAVAILABLE = "unavailable"
"""Column with the reason why a file is not there; empty: it is."""
_SHOWN = 5
_Place = tuple[str | None, int | None, int | None]
"""Member, HDU and row of a line; None: any."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a file, or some of it where `member` (of an archive), `hdu` or `row` is given."""

    path: str
    member: str | None = None
    hdu: int | None = None
    row: int | None = None
    name: str | None = None
    label: str | None = None
    group: str | None = None
    instrument: str | None = None
    moment: Moment | None = None
    unavailable: str | None = None

    def applied(self, spectrum: Spectrum) -> Spectrum:
        """Return the spectrum with what this line says, which wins over what the file says."""
        meta = spectrum.meta
        changes: dict[str, Any] = {
            key: value for key in ("name", "label", "group") if (value := getattr(self, key)) is not None
        }
        if self.instrument is not None:
            changes["extra"] = {**meta.extra, "instrument": self.instrument}
        if self.moment is not None:
            known = meta.moment
            changes["moment"] = (
                self.moment if known is None else replace(self.moment, site=known.site, earth=known.earth)
            )
        return replace(spectrum, meta=replace(meta, **changes)) if changes else spectrum


@dataclass(frozen=True, slots=True)
class Manifest:
    """All lines of a manifest, by path in sorted order."""

    source: str
    entries: dict[str, list[Entry]]

    def check(self, present: Iterable[str], where: str) -> None:
        """Make sure that all files are there.

        Raises
        ------
        UnreadableSpectrum
            Naming the first few that are missing, and how many there are.
        """
        absent = self.entries.keys() - set(present)
        missing = sorted(path for path in absent if self.unavailable(path) is None)
        if missing:
            first = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
            noun = "spectrum" if len(missing) == 1 else "spectra"
            raise UnreadableSpectrum(
                self.source,
                f"it names {len(missing)} {noun} that {where} does not hold: {first}",
                Fault.MISSING,
            )

    def unavailable(self, path: str) -> str | None:
        """Return why a file is not there, as the manifest says; None: it says nothing."""
        return next((entry.unavailable for entry in self.entries[path] if entry.unavailable), None)

    def apply(
        self, path: str, items: Iterable[Spectrum | UnreadableSpectrum]
    ) -> Iterator[Spectrum | UnreadableSpectrum]:
        """Pick the named spectra of one file and give them their labels; report those it does not hold."""
        entries = self.entries[path]
        seen = [False] * len(entries)
        failed = False
        # By place, so that a file of many spectra with as many lines is not looked through for each.
        by_place: dict[_Place, int] = {}
        for index, entry in enumerate(entries):
            by_place.setdefault((entry.member, entry.hdu, entry.row), index)
        for item in items:
            if isinstance(item, UnreadableSpectrum):
                failed = True
                yield item
                continue
            matching = [by_place[place] for place in _places(item.meta) if place in by_place]
            if matching:
                index = min(matching)
                seen[index] = True
                yield entries[index].applied(item)
        if not failed:
            for entry, found in zip(entries, seen, strict=True):
                if not found:
                    inside = path if entry.member is None else f"{path}{SEPARATOR}{entry.member}"
                    yield UnreadableSpectrum(
                        inside, f"it holds no spectrum with hdu={entry.hdu}, row={entry.row}", Fault.MISSING
                    )


def _places(meta: SpectrumMeta) -> list[_Place]:
    """Return all ways in which a line may name a spectrum."""
    source = meta.source
    member = source.path.partition(SEPARATOR)[2]
    return [
        (inside, hdu, row)
        for inside in (member, None)
        for hdu in {source.hdu, None}
        for row in {source.row, None}
    ]


def read_manifest(path: str | Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    UnreadableSpectrum
        When it is no CSV with a column `path`, a number is none, or a path leads out of the folder.
    """
    source = str(path)
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if lines.fieldnames is None or "path" not in lines.fieldnames:
                raise UnreadableSpectrum(
                    source, "a manifest needs a first line with the column path", Fault.BAD_MANIFEST
                )
            found = [_entry(source, number, line) for number, line in enumerate(lines, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableSpectrum(
            source, f"the manifest cannot be read ({error})", Fault.BAD_MANIFEST
        ) from error
    if not found:
        raise UnreadableSpectrum(source, "the manifest names no spectra", Fault.BAD_MANIFEST)
    entries: dict[str, list[Entry]] = {}
    for entry in sorted(found, key=lambda entry: entry.path):
        entries.setdefault(entry.path, []).append(entry)
    return Manifest(source, entries)


def _entry(source: str, number: int, line: dict[str, str | None]) -> Entry:
    def word(key: str) -> str | None:
        return (line.get(key) or "").strip() or None

    def integer(key: str) -> int | None:
        text = word(key)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 12:
            raise UnreadableSpectrum(
                source, f"line {number}: {key} is {text!r}, not a whole number from 0", Fault.BAD_MANIFEST
            )
        return int(text)

    path = PurePosixPath((word("path") or "").replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise UnreadableSpectrum(
            source, f"line {number}: the path {str(path)!r} does not lie in the folder", Fault.BAD_MANIFEST
        )
    file, _, member = str(path).partition(SEPARATOR)
    place = (file, member or None, integer("hdu"), integer("row"))
    instrument = next(filter(None, map(word, (*INSTRUMENT, "source"))), None)
    times = (moment(key, text) for key in line if key in TIMES and (text := word(key)) is not None)
    time = next(filter(None, times), None)
    return Entry(*place, word("name"), word("label"), word("group"), instrument, time, word(UNAVAILABLE))
