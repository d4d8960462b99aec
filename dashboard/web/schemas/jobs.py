"""Jobs: requests for them, their state and results."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, post_load, validate

from dashboard.jobs.job import DesiredState, Phase
from dashboard.jobs.request import NOTIFY
from dashboard.jobs.retry_policy import RETRIED
from dashboard.web.schemas.administration.quotas import BalanceSchema
from dashboard.web.schemas.fields import (
    LARGEST,
    AnyObject,
    Anything,
    Choice,
    Flag,
    Labels,
    Listed,
    Number,
    Part,
    Text,
    Time,
    Whole,
    by_name,
    optional,
)
from dashboard.web.schemas.problem import FieldErrorSchema
from dashboard.web.schemas.schema import (
    AnswerSchema,
    BodySchema,
    OwnedSchema,
    PageQuery,
    QuerySchema,
    listing,
    single,
)
from dashboard.web.snippets.slurm_command import ENGINES

#: A retry policy, which only `RetryPolicy` validates: its text has a syntax.
RETRY: dict[str, Any] = {
    "oneOf": [
        {"type": "null"},
        {"type": "string", "description": "Such as node_failure:2, out_of_memory"},
        {
            "type": "object",
            "properties": {
                "times": {
                    "type": "object",
                    "additionalProperties": {"type": "integer"},
                    "description": f"Failure to how many retries follow it: {', '.join(RETRIED)}",
                },
                "backoff_s": {
                    "type": "number",
                    "description": "Seconds before the first retry",
                },
            },
        },
    ]
}


class JobQuery(PageQuery):
    """Which jobs to list."""

    phase = Listed(
        Text(metadata={"enum": [str(phase) for phase in Phase]}),
        "Only these phases; may be repeated, or separated by commas",
        load_default=(),
    )
    module = Text("Only of this module", load_default="")
    dataset = Text("Only on this dataset", load_default="")
    node = Text("Only of those that requested this node", load_default="")
    owner = Text("Only of this person; me: of the caller", load_default="")
    q = Text("Beginnings of words of id, label, note, module or tags", load_default="")
    where = Listed(
        Text(validate=validate.Length(max=300)),
        "Only where a value passes a test, such as metrics.macro_f1>=0.9, parameters.kernel=rbf or tag=good; "
        "may be repeated: all must pass",
        load_default=(),
        validate=validate.Length(max=10),
    )
    columns = Listed(
        Text(validate=validate.Length(max=200)),
        "More columns: metrics.NAME or parameters.NAME; may be repeated",
        load_default=(),
        validate=validate.Length(max=20),
    )
    sort = Text(
        "created, ended (those that have), label, module, phase, or a value (those that have it), "
        "metrics.NAME or parameters.NAME; with - for descending",
        load_default="-created",
    )
    after = Text("following of the page before; page is then ignored", load_default="")
    before = Text("preceding of the page after; end: the last page", load_default="")


class LogQuery(QuerySchema):
    """Which part of a log."""

    start = Whole(
        "First byte; negative: counted from the end",
        data_key="from",
        least=-(2**62),
        most=LARGEST,
        load_default=0,
    )
    format = Text("text: all of it", load_default="")


class TrainQuery(QuerySchema):
    """The source of the training form's values."""

    dataset = Text("Id of a dataset", load_default="")
    start = Text("Id of a model to start from", load_default="")
    parent = Text("A job whose run is to be changed", data_key="from", load_default="")
    parameters = Text("Parameters that change those of the run, as a JSON object", load_default="")
    preset = Text("Name of a preset of the module: its recipe and parameters are filled in", load_default="")


class ResourcesCreateSchema(BodySchema):
    """Required resources of a job; omitted fields are as the module recommends."""

    cpus = optional(Number)
    memory_mb = optional(Whole)
    gpus = optional(Whole)
    walltime_s = optional(Whole)
    labels = Labels("Labels that the node must have")
    parts = optional(Whole, "Tasks of a job array that share the preparation, on a Slurm cluster")


def _lists(values: dict[str, Any]) -> None:
    """Reject what is no list of values."""
    if wrong := [name for name, tried in values.items() if not isinstance(tried, list)]:
        raise ValidationError(f"must be lists of values: {', '.join(wrong)}")


class _RunSchema(BodySchema):
    """Fields of every request for a job."""

    node = optional(Text, "A node's name, or any")
    parameters = optional(AnyObject, "As the module describes them; validated by its description")
    resources = optional(Part, ResourcesCreateSchema)
    label = optional(Text)
    note = optional(Text)
    project = optional(Text, "A project of yours that sees it, and whose quotas it counts for")
    retry = Anything("How a failed job is retried", metadata=RETRY, allow_none=True)

    @post_load
    def _without_null(self, data: dict[str, Any], **_more: Any) -> dict[str, Any]:
        """Take null as absent; a recipe and a retry policy that are null are given."""
        return {
            name: value for name, value in data.items() if value is not None or name in ("recipe", "retry")
        }


class PredictionJobCreateSchema(_RunSchema):
    """A prediction: dataset, parameters and node."""

    dataset = optional(Text, "Id of a dataset")


class JobChangeSchema(_RunSchema):
    """Changes of a job that runs again; omitted fields keep their value, the module cannot change."""

    module = optional(Text)
    dataset = optional(Text, "Id of a dataset")
    recipe = optional(AnyObject, "Preprocessing steps")
    notify = optional(Choice, NOTIFY, "Notify the owner of the end; empty: as their settings say")
    excluded = Listed(Text(), "Classes to leave out; an empty one: spectra without a class")
    label_version = optional(
        Text, "Id of a version of a label set of the dataset: its labels count, and its spectra alone"
    )
    start = optional(Text, "Id of a model to start from, of the same module, recipe and classes")


class AnnotationSchema(BodySchema):
    """What people write about a job; omitted fields stay as they are."""

    label = optional(Text, "A short title", validate=validate.Length(max=200))
    note = optional(Text, "Markdown", validate=validate.Length(max=20_000))
    tags = optional(Listed, Text(), "All tags from now on")
    added = Listed(Text(), "Tags that it gets", load_default=())
    removed = Listed(Text(), "Tags that it loses", load_default=())


class JobCreateSchema(JobChangeSchema):
    """A training: module, dataset, parameters and node."""


class SweepCreateSchema(JobCreateSchema):
    """Trainings that differ in some parameters: a job for each combination of their values, at most 20."""

    values = AnyObject("Name of a parameter to the list of its values", required=True, validate=_lists)
    sample = optional(Whole, "How many combinations are drawn at random; left out: all run", least=1)
    seed = Whole("Of the draw", least=0, most=LARGEST, load_default=0)


class ResourcesSchema(AnswerSchema):
    """Required resources of a job."""

    cpus = Number()
    memory_mb = Whole()
    gpus = Whole()
    walltime_s = optional(Whole)
    labels = Listed(Text())
    parts = Whole()


class CheckedSchema(AnswerSchema):
    """Whether a request can be run."""

    ok = Flag()
    errors = Listed(Part(FieldErrorSchema), required=True)
    nodes = AnyObject("Node to the reasons why it cannot run the job", required=True)
    classes = AnyObject("Class to its number of spectra", required=True)
    resources = Part(ResourcesSchema)
    quotas = Listed(
        Part(BalanceSchema), "What it needs of each quota that limits it; exceeded ones do not allow it"
    )
    notes = Listed(Text(), "What to know before it runs, such as objects with several spectra")


class JobSchema(OwnedSchema):
    """A job."""

    id = Text(required=True)
    label = Text()
    note = Text()
    action = Text()
    module = Text(required=True)
    module_version = Text()
    image = Text()
    phase = Choice(Phase, required=True)
    desired_state = Choice(DesiredState)
    reason = Text()
    parameters = AnyObject()
    recipe = optional(AnyObject)
    dataset = optional(Text)
    input = AnyObject()
    node = Text()
    resources = Part(ResourcesSchema)
    parent = optional(Text)
    model = optional(Text, "The model that predicts, where the action is predict")
    start = optional(Text, "The model that the training starts from")
    progress = optional(AnyObject)
    metrics = optional(AnyObject)
    created = Time(required=True)
    started = optional(Time)
    ended = optional(Time)
    seconds = optional(Number)
    queue_position = optional(Whole)
    title = Text("Its label, or what lists call it without one")
    request_id = Text("Id of the request that created it, or put it back into the queue")
    ran_on = optional(Text, "Node of its newest attempt; `node` is what was requested")


class EventSchema(AnswerSchema):
    """An event of a job's history."""

    id = Whole()
    time = Time()
    kind = Text()
    by = Text()
    detail = AnyObject()


class LogChunkSchema(AnswerSchema):
    """A piece of a log; the next one starts at `end`."""

    text = Text(required=True)
    start = Whole()
    end = Whole(required=True)
    size = Whole(required=True)


class PointSchema(AnswerSchema):
    """A point of a metric's curve."""

    step = optional(Number)
    value = Number()
    time = optional(Text)


class MetricsSchema(AnswerSchema):
    """Curves and final values."""

    metrics = by_name(Listed(Part(PointSchema)))
    summary = AnyObject()


class UsageSampleSchema(AnswerSchema):
    """One moment of a run."""

    seconds = Number()
    processors = Number()
    memory_mb = Number()
    gpu_percent = optional(Number)
    gpu_memory_mb = optional(Number)
    part = optional(Whole)


class UsageOfJobSchema(AnswerSchema):
    """What the newest attempt used of what it asked for; a suggestion where much less would do."""

    samples = Listed(Part(UsageSampleSchema))
    asked = Part(ResourcesSchema)
    elapsed_s = Number()
    cpu_s = Number()
    memory_mb = Number()
    cpu_share = optional(Number)
    memory_share = optional(Number)
    suggestion = by_name(Number())


UsageSchema = single("usage", UsageOfJobSchema)
JobListSchema = listing("jobs", JobSchema)
JobAnswerSchema = single("job", JobSchema)
EventListSchema = listing("events", EventSchema)


class ScriptQuery(QuerySchema):
    """For which program a batch script is."""

    engine = Choice(ENGINES, "Program that runs the image", load_default=ENGINES[0])


class ScriptSchema(AnswerSchema):
    """A batch script for Slurm."""

    engine = Text(required=True)
    script = Text("The whole file", required=True)


class SweepAnswerSchema(AnswerSchema):
    """The jobs of a sweep."""

    jobs = Listed(Part(JobSchema), required=True)
    left = Whole("How many were not created, because of a quota", required=True)
    reason = Text("Which quota", required=True)
    compare = Text("Address of their comparison", required=True)
