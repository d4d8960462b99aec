"""Requests about label sets, their events and their queues."""

from __future__ import annotations

from dashboard.labels.current import LabelState
from dashboard.labels.event import LONGEST_COMMENT, EventKind
from dashboard.labels.export import Dialect
from dashboard.labels.label_set import MOST_CLASSES
from dashboard.labels.queue import MOST_COPIES, MOST_ROWS, OriginKind
from dashboard.labels.queues import AT_ONCE
from dashboard.web.schemas.fields import (
    AnyObject,
    Choice,
    Flag,
    Labels,
    Listed,
    Part,
    Text,
    Time,
    Whole,
    optional,
)
from dashboard.web.schemas.schema import BodySchema, PageQuery, QuerySchema

EVENTS_AT_ONCE = 1000
MOST_LIKE = 10_000
EXACT = 2**53 - 1  # the largest whole number that every JSON reader keeps
#: Origins of queues that are made from a dataset; others come from reports and learning sessions.
OF_DATASETS = (OriginKind.DATASET, OriginKind.SELECTION, OriginKind.DISAGREEMENT)
OF_JOBS = (OriginKind.SIMILARITY, OriginKind.MODELS, OriginKind.ERRORS, OriginKind.LIKENESS)


class LabelSetQuery(PageQuery):
    """Which label sets to list."""

    q = Text("Words in the name or that of the dataset, or an id", load_default="")
    dataset = Text("Only of this dataset", load_default="")
    sort = Text("created, name, dataset or events; with - for descending", load_default="-created")


class LabelSetCreateSchema(BodySchema):
    """A new label set."""

    name = Text(required=True)
    dataset = Text("Id of the dataset whose spectra are labelled", required=True)
    classes = Labels(f"1 to {MOST_CLASSES} classes, in the order of their keys on the page", required=True)
    project = optional(Text, "A project of yours whose members label, too")


class LabelSetChangeSchema(BodySchema):
    """What is changed of a label set; a class that is in use cannot be taken away."""

    name = optional(Text, "A new name")
    classes = Labels("Classes that are added")


class LabelQuery(PageQuery):
    """Which spectra of a label set to list."""

    state = Choice(("", *LabelState), "Only those in this state", load_default="")
    label = Text("Only those of this class", load_default="")
    labeller = Text("Only those that this person labelled", load_default="")


class EventQuery(QuerySchema):
    """Which part of a log."""

    after = Whole("Only events behind this number", least=0, most=EXACT, load_default=0)
    size = Whole(f"At most {EVENTS_AT_ONCE}", least=1, most=EVENTS_AT_ONCE, load_default=EVENTS_AT_ONCE)


class NewEventSchema(BodySchema):
    """One event."""

    key = Text("Made by the sender, unique in the set: sent again, it counts once", required=True)
    kind = Choice(EventKind, "What it says", required=True)
    row = Whole("Number of the spectrum in the dataset", least=0, most=EXACT, required=True)
    label = optional(Text, "The class, of a label")
    comment = optional(Text, f"At most {LONGEST_COMMENT} characters")
    undoes = optional(Text, "Key of the event that an undo takes back")
    queue = optional(Text, "In which queue it was given")
    shown = optional(AnyObject, 'What was on the page, such as {"opinion": true}')
    made = optional(Time, "When, by the sender's clock")


class EventsSchema(BodySchema):
    """Events of one labeller, in their order."""

    events = Listed(Part(NewEventSchema), f"At most {EVENTS_AT_ONCE}", required=True)


class LabelVersionCreateSchema(BodySchema):
    """A new version."""

    note = optional(Text, "For people")


class QueueCreateSchema(BodySchema):
    """A new queue of spectra of the dataset."""

    name = optional(Text, "For people")
    kind = Choice(OF_DATASETS, "Where its spectra come from", load_default=str(OriginKind.SELECTION))
    rows = optional(
        Listed,
        Whole(least=0, most=EXACT),
        f"Numbers of spectra in the order of labelling, at most {MOST_ROWS:,}; of kind dataset or "
        "disagreement: left out",
    )
    unlabelled = Flag("Of kind dataset: only spectra that the set says nothing of", load_default=False)
    shuffled = Flag("In random order instead of that of the dataset", load_default=False)
    blind = Flag("Hide a model's opinion until it is asked for", load_default=False)
    copies = Whole("How many people label each spectrum", least=1, most=MOST_COPIES, load_default=1)


class TakeSchema(BodySchema):
    """A request for the next spectra."""

    count = Whole(f"At most {AT_ONCE}", least=1, most=AT_ONCE, load_default=4)


class OwnQuery(QuerySchema):
    """How many of one's own spectra of a queue, what was done last first."""

    size = Whole("At most 200", least=1, most=200, load_default=200)


class LabelExportQuery(QuerySchema):
    """How labels are written."""

    format = Choice(("csv", "vot"), "csv, or vot for a VOTable", load_default="csv")
    dialect = Choice(
        Dialect,
        "Of a CSV: id (id,label), comment (label,comment in the dataset's order), all, or log (every event)",
        load_default=str(Dialect.ALL),
    )


class LabelImportQuery(QuerySchema):
    """How a table of labels is used."""

    is_partial = Text(
        data_key="partial",
        help="true: use the lines that are right even if others are not",
        metadata={"enum": ["true"]},
        load_default="",
    )


class DatasetQueueCreateSchema(BodySchema):
    """A queue of some spectra of a dataset."""

    label_set = optional(
        Text, "Id of a label set of the dataset; left out: the newest that you may label in, or a new one"
    )
    classes = Labels("Of a new label set; left out: those of the dataset")
    name = optional(Text, "Of the queue")
    rows = optional(Listed, Whole(least=0, most=EXACT), "Numbers of spectra, in the order of labelling")


class ReportQueueCreateSchema(DatasetQueueCreateSchema):
    """A queue of what is selected in a report (rows, marks of a view), or in an order that the job found."""

    rows = optional(Listed, Whole(least=0, most=EXACT), "Rows of the method's input, as tables name them")
    view = optional(Text, "Id of the view of the marks, or of the table of the rows")
    marks = optional(
        Listed, Whole(least=0, most=2**31 - 1), "Such as cells of a map or of a confusion matrix"
    )
    by = Choice(
        ("", *OF_JOBS),
        "Instead of a selection: similarity (all spectra of the job without a label, those of one cell or "
        "cluster together), models (where the job `other` predicts another class), errors (labels that its "
        "predictions contradict), likeness (the spectra most like `row`)",
        load_default="",
    )
    other = optional(Text, "By models: id of the other job")
    row = optional(
        Whole,
        "By likeness: row of the method's input; of a round of a learning session: of its pool",
        least=0,
        most=EXACT,
    )
    count = Whole("By likeness: how many spectra", least=1, most=MOST_LIKE, load_default=50)
