"""The vocabulary of data: datasets, their files, their spectra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from dashboard.base.errors import FieldError, Invalid
from dashboard.base.ownership import Ownership, Visibility


class DatasetState(StrEnum):
    """The state of a dataset; see the table."""

    UPLOADING = "uploading"
    INDEXING = "indexing"
    READY = "ready"
    ERROR = "error"


class FileState(StrEnum):
    """The state of a file; see the table."""

    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    READ = "read"
    REJECTED = "rejected"
    REFERENCE = "reference"
    CACHED = "cached"


#: States of files that an archive has: they are fetched when they are needed.
AT_ARCHIVE = (FileState.REFERENCE, FileState.CACHED)


class Holding(StrEnum):
    """Where the files of a dataset are; see the table."""

    FILES = "files"
    REFERENCES = "references"
    PINNING = "pinning"
    PINNED = "pinned"


class Kind(StrEnum):
    """What a dataset holds."""

    SPECTRA = "spectra"
    FEATURES = "features"
    FILES = "files"  # of any sort, such as images: they are kept as they are, and not read


@dataclass(frozen=True)
class Progress:
    """The progress of indexing."""

    done: int
    total: int
    spectra: int
    rejected: int

    def to_json(self) -> dict[str, int]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Dataset:
    """A row of `datasets`; wavelengths in Å, vacuum.

    `assumed` counts the spectra whose files state no unit ("unit") or no frame ("frame"); None: not known.
    `origin` says which job's report a selection was made in, and of which dataset's spectra it is.
    """

    id: str
    name: str
    owner: str
    created: str
    state: DatasetState
    reason: str
    kind: Kind
    count: int
    rejected: int
    bytes: int
    wavelength_min: float | None
    wavelength_max: float | None
    formats: Mapping[str, int]
    classes: Mapping[str, int]
    synthetic: bool
    sha256: str | None
    assumed: Mapping[str, int] | None = None
    progress: Progress | None = None
    origin: Mapping[str, str] | None = None
    visibility: str = Visibility.PRIVATE
    project: str | None = None
    holding: Holding = Holding.FILES

    @property
    def ownership(self) -> Ownership:
        """Its owner, and who else sees it."""
        return Ownership(self.owner, Visibility(self.visibility), self.project)

    @property
    def refers(self) -> bool:
        """Whether its files are those of records at an archive."""
        return self.holding is not Holding.FILES

    def with_progress(self, progress: Progress | None) -> Dataset:
        """Return the dataset with the indexer's present progress."""
        return replace(self, progress=progress)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON (``docs/dashboard.md``)."""
        return {
            **asdict(self),
            "state": str(self.state),
            "kind": str(self.kind),
            "holding": str(self.holding),
        }


LONGEST_NAME = 200


def dataset_name(text: str) -> str:
    """Return a name of a dataset with normalised white space.

    Raises
    ------
    Invalid
        If it cannot be used.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        reason = f"must have 1 to {LONGEST_NAME} printable characters"
        raise Invalid(f"The name of a dataset {reason}.", [FieldError("name", reason)])
    return name


@dataclass(frozen=True)
class DataFile:
    """A row of `dataset_files`; `path` is below the dataset's ``files/``.

    A file that is or was at an archive is that of the record of that number of an acquisition.
    """

    path: str
    size: int
    sha256: str | None
    state: FileState
    reason: str
    acquisition: str | None = None
    record: int | None = None

    @property
    def identity(self) -> str:
        """What tells its content: the hash; of a reference the record, whether it was fetched or not."""
        return f"{self.acquisition}/{self.record}" if self.acquisition else str(self.sha256)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        # Not `asdict`, which copies deep: an acquisition writes thousands a second.
        return {**vars(self), "state": str(self.state)}


@dataclass(frozen=True)
class SpectrumRow:
    """A row of `dataset_spectra`; wavelengths in Å, vacuum; `ra` and `dec` in degrees, ICRS.

    `assumed` says what the file does not state: "unit", "frame", "unit frame", or "".
    """

    number: int
    name: str
    label: str | None
    group: str | None
    path: str
    hdu: int | None
    row: int | None
    wavelength_min: float | None
    wavelength_max: float | None
    points: int | None
    snr: float | None
    format: str
    assumed: str = ""
    instrument: str | None = None
    ra: float | None = None
    dec: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, without its address (that is HTTP's)."""
        return asdict(self)


@dataclass(frozen=True)
class SpectrumFilter:
    """Which spectra of a dataset to list.

    `q` looks into name and path; `label` None: all, "": those without a class.
    """

    q: str = ""
    label: str | None = None


EVERY_SPECTRUM: Final = SpectrumFilter()


@dataclass(frozen=True)
class ObjectCounts:
    """How many spectra of a dataset show the same.

    Attributes
    ----------
    spectra, unnamed : int
        All; those that do not name their object.
    repeated, in_repeated : int
        Objects with several spectra; spectra of them.
    in_same_name : int
        Spectra without an object whose name another of them has.
    copies : int
        Files with the content of another file.
    """

    spectra: int
    unnamed: int
    repeated: int
    in_repeated: int
    in_same_name: int
    copies: int


@dataclass(frozen=True)
class TrainingObjects:
    """The objects of the labelled spectra that a training may learn from.

    Attributes
    ----------
    count : int
        Different objects; a spectrum that names none is one of its own.
    single : tuple of str
        Classes with one object only, at most `SINGLE_CLASSES`.
    """

    count: int
    single: tuple[str, ...]


#: Classes with one object that are looked for at most.
SINGLE_CLASSES = 100


@dataclass(frozen=True)
class Coverage:
    """How many files a dataset has, and the range (Å) that every spectrum covers."""

    files: int
    common_min: float | None
    common_max: float | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class SpectrumLocation:
    """Where one spectrum is: `path` below the dataset's files."""

    path: str
    hdu: int | None = None
    row: int | None = None


@dataclass(frozen=True)
class Unreadable:
    """Why a spectrum of a dataset cannot be read any more."""

    reason: str
