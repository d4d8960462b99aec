"""Datasets, their files and their spectra."""

from __future__ import annotations

from dashboard.data.dataset import FileState, Holding, Kind
from dashboard.web.schemas.fields import (
    AnyObject,
    Choice,
    Flag,
    Number,
    Part,
    Text,
    Time,
    Whole,
    by_name,
    optional,
)
from dashboard.web.schemas.schema import (
    AnswerSchema,
    BodySchema,
    OwnedSchema,
    PageQuery,
    QuerySchema,
    listing,
    single,
)

STATES = ("uploading", "indexing", "ready", "error")
FILES_AT_ONCE = 1000


class DatasetQuery(PageQuery):
    """Which datasets to list."""

    q = Text("Words in the name, or an id", load_default="")
    kind = Choice(Kind, "Only of this kind", load_default="")
    state = Choice(STATES, "Only in this state", load_default="")
    sort = Text(
        "created, name, state, count, rejected, wavelength_min or bytes; with - for descending",
        load_default="-created",
    )


class SpectrumListQuery(PageQuery):
    """Which spectra of a dataset to list."""

    q = Text("Words in name or path", load_default="")
    label = Text("Only of this class; - for those without one", load_default="")
    sort = Text("number, name, label, group, path, snr …; with - for descending", load_default="number")


class FileQuery(QuerySchema):
    """Which files of a dataset to list."""

    after = Text("Only those behind this path", load_default="")
    state = Choice(FileState, "Only in this state", load_default=None)
    size = Whole(f"At most {FILES_AT_ONCE}", least=1, most=FILES_AT_ONCE, load_default=FILES_AT_ONCE)


class LabelQuery(QuerySchema):
    """How a table of labels is used."""

    column = Text("Title of the column with the class; empty: the first of the known titles", load_default="")
    keyword = Text("Take the classes from this keyword of the files' FITS headers instead", load_default="")
    is_partial = Text(
        data_key="partial",
        help="true: use the lines that match even if others name nothing",
        metadata={"enum": ["true"]},
        load_default="",
    )


class LabelCountQuery(QuerySchema):
    """Which column has the class."""

    column = Text("Title of the column; empty: the first of the known titles", load_default="")
    keyword = Text("Count the values of this keyword of the files' FITS headers instead", load_default="")


class LabelTableSchema(BodySchema):
    """A table of labels as JSON."""

    csv = Text("The CSV", required=True)


class DatasetCreateSchema(BodySchema):
    """A new dataset."""

    name = Text(required=True)
    kind = optional(Choice, ("", *Kind), "What it holds", load_default=str(Kind.SPECTRA))
    project = optional(Text, "A project of yours that sees it, and whose quotas it counts for")


class DatasetSchema(OwnedSchema):
    """Spectra, or a feature set."""

    id = Text(required=True)
    name = Text(required=True)
    created = Time()
    state = Choice(STATES, required=True)
    reason = Text()
    kind = Choice(Kind, required=True)
    count = Whole(required=True)
    rejected = Whole("Files that hold no spectrum that can be read")
    bytes = Whole()
    wavelength_min = optional(Number)
    wavelength_max = optional(Number)
    formats = by_name(Whole())
    classes = by_name(Whole())
    assumed = optional(AnyObject, "Spectra whose files state no unit, no frame; null: not known")
    synthetic = Flag()
    sha256 = optional(Text)
    progress = optional(AnyObject)
    holding = Choice(Holding, "Where its files are; see /data/{dataset}/cache")
    origin = optional(
        AnyObject,
        "Of a selection: in which job's report it was made, and of which dataset; output: which job made it",
    )


class DataFileSchema(AnswerSchema):
    """A file of a dataset."""

    path = Text(required=True)
    size = Whole(required=True)
    sha256 = optional(Text)
    state = Choice(FileState, required=True)
    reason = Text()
    acquisition = optional(Text, "Of a file that is or was at an archive: whose record it is")
    record = optional(Whole)


DatasetListSchema = listing("datasets", DatasetSchema)
DatasetAnswerSchema = single("dataset", DatasetSchema)
FileListSchema = listing("files", DataFileSchema)


class FileAnswerSchema(AnswerSchema):
    """The file that was uploaded."""

    file = Part(DataFileSchema)
