"""Under which path a record is stored: safe for a file system, and one for each record."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from dashboard.base.errors import Invalid
from dashboard.data.ingest.path import DEEPEST, LONGEST_NAME, LONGEST_PATH, upload_path

SPARE = 20  # bytes of a name that stay free for a number
#: Endings that say what a file is; two may follow one another (``.fits.gz``).
ENDINGS = frozenset(
    {".fits", ".fit", ".fts", ".fz", ".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz"}
    | {".vot", ".votable", ".xml", ".csv", ".tsv", ".ecsv", ".txt", ".dat", ".ascii", ".asc"}
    | {".npz", ".npy", ".parquet", ".h5", ".hdf5", ".asdf", ".json"}
)


#: Names that are safe as they are, as nearly all of a list of millions.
PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.+-]{0,120}[A-Za-z0-9_])?")


def safe_path(name: str, number: int) -> str:
    """Return the path below a dataset's files for the name that a source gives.

    Parameters
    ----------
    name : str
        Whatever it is: with ``..``, blanks, quotes, control characters, without end.
    number : int
        Of the record: names what has no usable name.
    """
    if PLAIN.fullmatch(name):
        return name
    text = unicodedata.normalize("NFC", name.replace("\\", "/"))
    parts = [_safe(part) for part in text.split("/")]
    parts = [part for part in parts if part][-DEEPEST:]
    while len("/".join(parts)) > LONGEST_PATH - SPARE and len(parts) > 1:
        parts.pop(0)
    path = "/".join(parts)
    try:
        return upload_path(path)
    except Invalid:
        return f"record-{number}"


def _safe(part: str) -> str:
    """Return a part of a path without what no name should have; empty where nothing is left."""
    kept = "".join(
        "_" if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else one for one in part
    )
    kept = kept.strip().lstrip(".").rstrip("!")
    if len(kept) == 2 and kept[1] == ":":
        kept = kept[0]
    stem, ending = split_ending(kept)
    most = LONGEST_NAME - SPARE - len(ending.encode())
    while len(stem.encode()) > most:
        stem = stem[: max(most // 4, len(stem) - 1 - (len(stem.encode()) - most) // 4)]
    return stem + ending


def split_ending(name: str) -> tuple[str, str]:
    """Return stem and known ending of a name: ``a.b.fits.gz`` is ``a.b`` and ``.fits.gz``."""
    stem, ending = name, ""
    for _ in range(2):
        head, dot, last = stem.rpartition(".")
        if not dot or not head or f".{last.lower()}" not in ENDINGS:
            break
        stem, ending = head, f".{last}{ending}"
    return stem, ending


#: Endings that a name without one gets by its content (`content.path_of_content`).
GIVEN = (".fits", ".vot", ".gz")


class PathBook:
    """Gives each record of an acquisition a path of its own.

    Two records of one name get a number before the ending: ``a.fits``, ``a-2.fits``. Paths that differ in
    case alone count as one, because some file systems take them so. A name without an ending gets one
    when its content is seen, and takes those for itself.
    """

    def __init__(self) -> None:
        self._taken: set[bytes] = set()
        self._next: dict[bytes, int] = {}

    def path(self, name: str, number: int) -> str:
        """Return the path of the next record.

        Parameters
        ----------
        name : str
            As the source has it.
        number : int
            The record's.
        """
        wanted = safe_path(name, number)
        stem, ending = split_ending(wanted)
        key = _key(stem if not ending else wanted)
        if not self._is_taken(stem, wanted, ending):
            return wanted
        count = self._next.get(key, 2)
        while self._is_taken(f"{stem}-{count}", f"{stem}-{count}{ending}", ending):
            count += 1
        self._next[key] = count + 1
        return f"{stem}-{count}{ending}"

    def _is_taken(self, stem: str, path: str, ending: str) -> bool:
        """Return whether a path is taken; take it if it is not."""
        keys = {_key(path)} | (set() if ending else {_key(stem + one) for one in GIVEN})
        if keys & self._taken:
            return True
        self._taken |= keys
        return False


def _key(path: str) -> bytes:
    return hashlib.sha256(path.casefold().encode("utf-8", "surrogatepass")).digest()[:12]
