"""What runs in processes of its own: the only location where the data service meets the readers of `spectra`.

Arguments and results are plain, small and pickled; big results of indexing go through a spool file.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import spectra
from dashboard.data.companion_files import is_beside
from dashboard.data.dataset import SpectrumLocation, Unreadable
from spectra import Source, Spectrum, UnreadableSpectrum
from spectra.reading.archive import SEPARATOR, holds_archive
from spectra.reading.content import Content
from spectra.reading.entry import spectra_of
from spectra.reading.formats import recognise
from spectra.reading.limits import Limits
from spectra.reading.read_error import ReadError

ARCHIVE = "archive"
LONGEST_REASON = 500
READING = Limits(seconds=30.0)  # most files take a thousandth; the limit of a batch ends what does not stop
ReadResult = Spectrum | Unreadable


@dataclass
class Rejections:
    """The rejected spectra of a file: their number, and the reason of the first (there may be millions)."""

    count: int = 0
    first: str = ""

    def add(self, error: UnreadableSpectrum) -> None:
        """Count one, by its member where the file is an archive."""
        _, inside, member = error.source.partition("!/")
        self.add_reason(f"{member}: {error.reason}" if inside else error.reason)

    def add_reason(self, reason: str) -> None:
        """Count one."""
        self.count += 1
        self.first = self.first or reason[:LONGEST_REASON]

    def told(self, read: int) -> str:
        """Return what to say of the file, of which `read` spectra could be read."""
        if self.count == 0 or (self.count == 1 and read == 0):
            return self.first
        return f"{self.count} of its spectra cannot be read; the first: {self.first}"


def index_files(root: Path, paths: Sequence[tuple[str, str | None]], spool: Path) -> None:
    """Read files and write what is in them, as lines of JSON: the spectra of a file, then the file.

    Parameters
    ----------
    root
        The dataset's ``files/``.
    paths
        Path below it, and SHA-256 where it is known.
    spool
        A new file.
    """
    with spool.open("w", encoding="utf-8") as lines:
        for path, sha256 in paths:
            count = 0
            rejections = Rejections()
            for item in () if is_beside(path) else _read(root, path, rejections):
                lines.write(json.dumps({"spectrum": item}) + "\n")
                count += 1
            lines.write(file_line(path, count, rejections, sha256 or hash_of(root / path)))


def file_line(path: str, count: int, rejections: Rejections, sha256: str | None) -> str:
    """Return the line of the spool that ends a file.

    Parameters
    ----------
    path : str
        The file, below the folder of the dataset's files.
    count : int
        Number of its spectra that can be used.
    rejections : Rejections
        Its spectra that cannot be used.
    sha256 : str or None
        Of the file, or None where it could not be read.

    Returns
    -------
    str
        JSON with a line feed.
    """
    end = {
        "path": path,
        "count": count,
        "rejected": rejections.count,
        "reason": rejections.told(count),
        "sha256": sha256,
    }
    return json.dumps({"file": end}) + "\n"


def _read(root: Path, path: str, rejections: Rejections) -> Iterator[dict[str, Any]]:
    try:
        content = Content.of_path(str(root / path), limits=READING)
        if holds_archive(content):
            for spectrum in spectra.iter_spectra(root / path, rejected=rejections.add, limits=READING):
                yield _described(spectrum, root, ARCHIVE)
            return
        form = _format(content)
        # Not `iter_spectra`: that would read and unpack the file again, and there may be millions of them.
        for item in spectra_of(content):
            if isinstance(item, UnreadableSpectrum):
                rejections.add(item)
            else:
                yield _described(item, root, form)
    except UnreadableSpectrum as error:
        rejections.add(error)
    except ReadError as error:
        rejections.add_reason(str(error))
    except MemoryError:
        rejections.add_reason("reading it needs more memory than one file may use")
    except (OSError, ValueError) as error:
        rejections.add_reason(f"it cannot be opened ({getattr(error, 'strerror', None) or error})")
    except Exception as error:  # noqa: BLE001 (one file must not end the reading of the others)
        rejections.add_reason(f"it cannot be read ({type(error).__name__}: {error})")


def _format(content: Content) -> str:
    """Return the format's name; "" where there is none, which reading then reports."""
    try:
        return recognise(content).name
    except Exception:  # noqa: BLE001 (hostile bytes make libraries raise anything)
        return ""


def _described(spectrum: Spectrum, root: Path, form: str) -> dict[str, Any]:
    meta, wavelength = spectrum.meta, spectrum.wavelength
    return {
        "path": below(meta.source.path, root),
        "hdu": meta.source.hdu,
        "row": meta.source.row,
        "name": _text(meta.name),
        "label": _text(meta.label) if meta.label is not None else None,
        "object_group": _text(meta.group) if meta.group is not None else None,
        "wavelength_min": float(wavelength[0]) if len(wavelength) else None,
        "wavelength_max": float(wavelength[-1]) if len(wavelength) else None,
        "points": len(wavelength),
        "snr": signal_to_noise(spectrum),
        "format": str(meta.extra.get("format", form))[:40],
        "assumed": " ".join(word for word in ("unit", "frame") if meta.extra.get(f"{word}_assumed")),
    }


def _text(value: str) -> str:
    """Return text that a database takes: no NUL, no lone surrogate, bounded."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:500]


def below(path: str, root: Path) -> str:
    """Return a source's path relative to the files of the dataset."""
    return path.removeprefix(f"{root}/")


def signal_to_noise(spectrum: Spectrum) -> float | None:
    """Return the S/N that the file states, else the median of flux·√ivar over good pixels, else None."""
    stated = spectrum.meta.extra.get("snr")
    if isinstance(stated, int | float) and math.isfinite(stated):
        return float(stated)
    if spectrum.ivar is None:
        return None
    good = np.isfinite(spectrum.flux) & np.isfinite(spectrum.ivar) & (spectrum.ivar > 0)
    if spectrum.mask is not None:
        good &= ~spectrum.mask
    if not good.any():
        return None
    ratio = float(np.median(np.abs(spectrum.flux[good]) * np.sqrt(spectrum.ivar[good])))
    return ratio if math.isfinite(ratio) else None


def hash_of(path: Path) -> str | None:
    """Return a file's SHA-256, or None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def files_of(root: Path, locations: Sequence[SpectrumLocation]) -> list[Path]:
    """Return the files in which spectra lie."""
    return sorted({root / location.path.partition(SEPARATOR)[0] for location in locations})


def read_locations(root: Path, locations: Sequence[SpectrumLocation]) -> list[ReadResult]:
    """Read some spectra; each file once, for all of its spectra that are requested."""
    found: dict[SpectrumLocation, ReadResult] = {}
    by_path: dict[str, list[SpectrumLocation]] = {}
    for location in locations:
        by_path.setdefault(location.path, []).append(location)
    for path, wanted in by_path.items():
        try:
            found.update(_read_file(root, path, wanted))
        except UnreadableSpectrum as error:
            found.update({location: Unreadable(error.reason) for location in wanted if location not in found})
        except OSError as error:
            found.update(
                {
                    location: Unreadable(f"it cannot be opened ({error.strerror or error})")
                    for location in wanted
                }
            )
    gone = Unreadable("the file does not hold it any more")
    return [found.get(location, gone) for location in locations]


def _read_file(root: Path, path: str, wanted: list[SpectrumLocation]) -> dict[SpectrumLocation, ReadResult]:
    anywhere = [one for one in wanted if one.hdu is None and one.row is None and "!/" not in path]
    if anywhere:
        # Of a file that was not read before it is not known where in it the spectrum is: it is the first.
        first = next(spectra.iter_spectra(root / path), None)
        return {} if first is None else dict.fromkeys(anywhere, first)
    if len(wanted) == 1 or "!/" in path:
        return {
            location: spectra.original(Source(str(root / path), location.hdu, location.row))
            for location in wanted
        }
    missing = set(wanted)
    found: dict[SpectrumLocation, ReadResult] = {}
    for spectrum in spectra.iter_spectra(root / path, rejected=lambda _error: None):
        location = SpectrumLocation(path, spectrum.meta.source.hdu, spectrum.meta.source.row)
        if location in missing:
            found[location] = spectrum
            missing.remove(location)
            if not missing:
                break
    return found
