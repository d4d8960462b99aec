"""Requests about learning sessions and their rounds."""

from __future__ import annotations

from dashboard.learning.settings import DIVERSITY, MOST_ROWS, REJECTIONS, STRATEGIES
from dashboard.web.schemas.fields import (
    AnyObject,
    Choice,
    Flag,
    Labels,
    Number,
    Part,
    Text,
    Whole,
    optional,
)
from dashboard.web.schemas.schema import BodySchema, PageQuery, QuerySchema

SEEDS = 2**31 - 1


class LearningSessionQuery(PageQuery):
    """Which sessions to list."""

    q = Text("Words in the name or that of the pool, or an id", load_default="")
    sort = Text("created, name or dataset; with - for descending", load_default="-created")
    preset = Text("Name of a preset that the form starts from", load_default="")
    dataset = Text("Id of the dataset that the form starts from", load_default="")


class StopRuleSchema(BodySchema):
    """When a session is finished; the first that holds ends it."""

    labels = Whole("Budget: so many spectra are labelled; 0: none", least=0, load_default=0)
    rounds = Whole("So many rounds are labelled; 0: no limit", least=0, load_default=0)
    precision = Number(
        "0 to 1: the lower end of the interval of the precision reaches this; 0: never", load_default=0.0
    )
    recall = Number("The same of recall; beside precision where both are given", load_default=0.0)


class LearningSettingsSchema(BodySchema):
    """What a session does in each round; what is left out takes the default, or stays as it is."""

    targets = Labels("Classes that are searched for")
    module = optional(Text, "Module that trains; it must learn classes from labels")
    parameters = optional(AnyObject, "Of the module")
    recipe = optional(AnyObject, "How the pool is prepared; left out: the module's own")
    strategy = optional(Choice, STRATEGIES, "How the batch is chosen")
    diversity = optional(Choice, DIVERSITY, "How `diverse` chooses among uncertain spectra")
    balance = optional(
        Number, "0 to 2: how much sooner spectra of classes with few labels are chosen; 0: not at all"
    )
    batch = optional(Whole, "Spectra of the batch", least=1, most=MOST_ROWS)
    performance = optional(
        Whole, "Spectra drawn at random from predicted targets, to measure precision", least=0, most=MOST_ROWS
    )
    recall = optional(
        Whole, "Spectra drawn from strata of the others, to estimate recall", least=0, most=MOST_ROWS
    )
    candidates = optional(Whole, "Length of the ranked list", least=0, most=MOST_ROWS)
    rejection = optional(Choice, REJECTIONS, "What is set aside before a person sees it")
    rejection_quantile = optional(Number, "Share of the pool that is never set aside, 0.5 to 1")
    committee = optional(Whole, "Models whose disagreement is measured", least=2, most=20)
    seed = optional(Whole, "Of every random choice", least=0, most=SEEDS)
    automatic = optional(Flag, "Begin the next round as soon as a batch is labelled")
    stop = optional(Part, StopRuleSchema, "When the session is finished")
    node = optional(Text, "Where rounds run: a name, or any")
    resources = optional(AnyObject, "Of each round's job")


class LearningSessionCreateSchema(LearningSettingsSchema):
    """A new session."""

    name = Text(required=True)
    dataset = Text("Id of the pool", required=True)
    classes = Labels("What a spectrum can be, for a label set of its own")
    label_set = optional(Text, "Id of a label set of the pool that is used instead")
    project = optional(Text, "A project of yours whose members see it and may label")
    start = Flag("Begin the first round at once", load_default=True)


class LearningForkSchema(LearningSettingsSchema):
    """A session that goes on from a round with other settings."""

    name = optional(Text, "Of the new session")
    start = Flag("Begin its first round at once", load_default=True)


class LearningPreviewRequestSchema(BodySchema):
    """What the first batch would be."""

    dataset = Text("Id of the pool", required=True)
    count = Whole("Spectra", least=1, most=50, load_default=12)
    seed = Whole("Of the choice", least=0, most=SEEDS, load_default=0)


class CandidateQuery(QuerySchema):
    """Which candidates."""

    round = Whole("Number of the round; 0: the last one that has a list", least=0, load_default=0)
    label = Text("Only those that are predicted as this class", load_default="")
    unlabelled = Flag("Only those without a label", load_default=False)
