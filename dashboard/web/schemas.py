"""The named schemas of the OpenAPI document (JSON Schema 2020-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
ANY_OBJECT = {"type": "object", "additionalProperties": True}
TIME = {"type": "string", "format": "date-time", "description": "ISO 8601, UTC"}


def maybe(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that also takes null."""
    return {**schema, "type": [schema["type"], "null"]}


def listed(items: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def thing(description: str, properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of an object that may have more than is said."""
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": list(required),
    }


RESOURCES = thing(
    "What a job needs of a node",
    {"cpus": NUMBER, "memory_mb": INTEGER, "gpus": INTEGER, "walltime_s": maybe(INTEGER), "parts": INTEGER},
)
FIELD_ERROR = thing("What is wrong with one field", {"field": TEXT, "message": TEXT}, ("field", "message"))
RETRY = {
    "oneOf": [
        {"type": "null"},
        {"type": "string", "description": "Such as node_failure:2, out_of_memory"},
        {
            "type": "object",
            "properties": {
                "times": {
                    "type": "object",
                    "additionalProperties": INTEGER,
                    "description": "Failure to how often it is tried again after it: "
                    "node_failure, out_of_memory, time_limit, preempted, not_started, error, unknown",
                },
                "backoff_s": {**NUMBER, "description": "Seconds before the next try, doubled each time"},
            },
        },
    ]
}
INTENT = {
    "module": TEXT,
    "dataset": TEXT,
    "parameters": ANY_OBJECT,
    "recipe": maybe(ANY_OBJECT),
    "node": {**TEXT, "description": "A node's name, or any"},
    "resources": maybe(RESOURCES),
    "label": TEXT,
    "note": TEXT,
    "notify": {"enum": ["", "yes", "no"], "description": "Tell the owner of its end; empty: as set"},
    "retry": RETRY,
}
JOB = {
    "model": {**maybe(TEXT), "description": "That is asked, where the action is predict"},
    "id": TEXT,
    "owner": TEXT,
    "label": TEXT,
    "note": TEXT,
    "action": TEXT,
    "module": TEXT,
    "module_version": TEXT,
    "image": TEXT,
    "phase": {
        "enum": [
            "PENDING",
            "QUEUED",
            "EXECUTING",
            "COMPLETED",
            "ERROR",
            "ABORTED",
            "SUSPENDED",
            "HELD",
            "ARCHIVED",
            "UNKNOWN",
        ]
    },
    "wanted": {"enum": ["run", "abort"]},
    "reason": TEXT,
    "parameters": ANY_OBJECT,
    "recipe": maybe(ANY_OBJECT),
    "dataset": maybe(TEXT),
    "input": ANY_OBJECT,
    "node": TEXT,
    "resources": RESOURCES,
    "parent": maybe(TEXT),
    "progress": maybe(ANY_OBJECT),
    "metrics": maybe(ANY_OBJECT),
    "created": TIME,
    "started": maybe(TIME),
    "ended": maybe(TIME),
    "seconds": maybe(NUMBER),
    "queue_position": maybe(INTEGER),
}
MODEL = {
    "id": TEXT,
    "name": TEXT,
    "module": TEXT,
    "module_version": TEXT,
    "job": maybe(TEXT),
    "dataset": maybe(TEXT),
    "image": TEXT,
    "card": ANY_OBJECT,
    "classes": maybe(listed(TEXT)),
    "metrics": maybe(ANY_OBJECT),
    "input": ANY_OBJECT,
    "sha256": TEXT,
    "size": INTEGER,
    "created": TIME,
}
SCALING = thing(
    "How many replicas; `minimum` 0 lets them go when nobody called for `idle_s`",
    {
        "minimum": INTEGER,
        "maximum": INTEGER,
        "concurrency": INTEGER,
        "idle_s": NUMBER,
        "stabilisation_s": NUMBER,
        "standby": INTEGER,
    },
)
ACCESS = {"enum": ["public", "users", "tokens"]}
VERSION = {
    "number": INTEGER,
    "module": TEXT,
    "module_version": TEXT,
    "image": TEXT,
    "model": maybe(TEXT),
    "resources": ANY_OBJECT,
    "created": TIME,
}
REPLICA = {
    "name": TEXT,
    "node": TEXT,
    "version": INTEGER,
    "stage": {"enum": ["starting", "ready", "ejected", "failed", "draining", "stopped"]},
    "reason": TEXT,
    "since": TIME,
    "restarts": INTEGER,
    "outstanding": INTEGER,
}
COUNTS = thing(
    "What was asked; latencies in seconds",
    {
        "requests": INTEGER,
        "spectra": INTEGER,
        "errors": INTEGER,
        "refused": INTEGER,
        "seconds": NUMBER,
        "p50": maybe(NUMBER),
        "p95": maybe(NUMBER),
    },
)
TOKEN = {
    "id": TEXT,
    "deployment": TEXT,
    "title": TEXT,
    "scope": {"enum": ["predict", "all"]},
    "created": TIME,
    "expires": maybe(TIME),
    "rate": maybe(INTEGER),
    "quota": maybe(INTEGER),
}
DEPLOYMENT = {
    "name": TEXT,
    "module": TEXT,
    "module_version": TEXT,
    "image": TEXT,
    "model": maybe(TEXT),
    "node": TEXT,
    "nodes": listed(TEXT),
    "enabled": BOOLEAN,
    "access": ACCESS,
    "scaling": SCALING,
    "created": TIME,
    "resources": ANY_OBJECT,
    "condition": {"enum": ["stopped", "idle", "starting", "ready", "failed"]},
    "reason": TEXT,
    "since": TIME,
    "restarts": INTEGER,
    "waiting": INTEGER,
    "replicas": listed(thing("A container that serves", REPLICA)),
    "stable": INTEGER,
    "canary": maybe(INTEGER),
    "share": INTEGER,
    "previous": maybe(INTEGER),
    "versions": listed(thing("What a version serves", VERSION)),
    "address": TEXT,
    "predict": TEXT,
    "lately": COUNTS,  # in lists: the last hour
}
DATASET = {
    "id": TEXT,
    "name": TEXT,
    "owner": TEXT,
    "created": TIME,
    "state": {"enum": ["uploading", "indexing", "ready", "error"]},
    "reason": TEXT,
    "kind": {"enum": ["spectra", "features"]},
    "count": INTEGER,
    "refused": INTEGER,
    "bytes": INTEGER,
    "wavelength_min": maybe(NUMBER),
    "wavelength_max": maybe(NUMBER),
    "formats": {"type": "object", "additionalProperties": INTEGER},
    "classes": {"type": "object", "additionalProperties": INTEGER},
    "synthetic": BOOLEAN,
    "sha256": maybe(TEXT),
    "progress": maybe(ANY_OBJECT),
}
DATA_FILE = {
    "path": TEXT,
    "size": INTEGER,
    "sha256": maybe(TEXT),
    "state": {"enum": ["uploading", "uploaded", "read", "refused"]},
    "reason": TEXT,
}
POINT = thing("A point of a curve", {"step": maybe(NUMBER), "value": NUMBER, "time": maybe(TEXT)})
RESULT = thing(
    "What the model says of one spectrum",
    {
        "name": TEXT,
        "label": TEXT,
        "probabilities": {"type": "object", "additionalProperties": NUMBER},
        "calibrated": BOOLEAN,
    },
)
PREDICTIONS = thing(
    "Answers and refusals", {"results": listed(RESULT), "rejected": listed(ANY_OBJECT), "model": ANY_OBJECT}
)

SCHEMAS: dict[str, Any] = {
    "Problem": thing(
        "An error, after RFC 9457",
        {
            "type": TEXT,
            "title": TEXT,
            "status": INTEGER,
            "detail": TEXT,
            "errors": listed(FIELD_ERROR),
            "id": TEXT,
        },
        ("title", "status", "detail"),
    ),
    "ModuleSummary": thing(
        "A module in the market",
        {
            "name": TEXT,
            "version": TEXT,
            "title": TEXT,
            "summary": TEXT,
            "license": TEXT,
            "deployed": listed(TEXT),
        },
        ("name", "version", "title"),
    ),
    "Intent": thing("What is to be trained on what, how and where", INTENT, ("module", "dataset")),
    "PredictionWish": thing(
        "About which dataset a model is to be asked, how and where",
        {key: schema for key, schema in INTENT.items() if key not in ("module", "recipe")},
        ("dataset",),
    ),
    "Checked": thing(
        "Whether it can be run",
        {
            "ok": BOOLEAN,
            "errors": listed(FIELD_ERROR),
            "nodes": ANY_OBJECT,
            "classes": ANY_OBJECT,
            "resources": RESOURCES,
        },
        ("errors", "nodes", "classes"),
    ),
    "Job": thing("A job", JOB, ("id", "module", "phase", "created")),
    "Event": thing(
        "Something that happened",
        {"id": INTEGER, "time": TIME, "kind": TEXT, "by": TEXT, "detail": ANY_OBJECT},
    ),
    "LogPart": thing(
        "A piece of a log; ask again from `end`",
        {"text": TEXT, "start": INTEGER, "end": INTEGER, "size": INTEGER},
        ("text", "end", "size"),
    ),
    "Metrics": thing(
        "Curves and final values",
        {"metrics": {"type": "object", "additionalProperties": listed(POINT)}, "summary": ANY_OBJECT},
        ("metrics",),
    ),
    "Dataset": thing("Spectra, or a feature set", DATASET, ("id", "name", "state", "kind", "count")),
    "DatasetWish": thing(
        "A dataset to be", {"name": TEXT, "kind": {"enum": ["spectra", "features"]}}, ("name",)
    ),
    "DataFile": thing("A file of a dataset", DATA_FILE, ("path", "size", "state")),
    "PreviewWish": thing(
        "A recipe, and the spectra to try it on (a few of every class where none are named)",
        {"dataset": TEXT, "recipe": maybe(ANY_OBJECT), "rows": listed(INTEGER), "points": INTEGER},
        ("dataset",),
    ),
    "Model": thing("A model", MODEL, ("id", "name", "module")),
    "Deployment": thing("A model on the air", DEPLOYMENT, ("name", "condition")),
    "DeploymentWish": thing(
        "What is to be put on the air: a model, the one that a job made, or a module's own",
        {
            "name": TEXT,
            "model": TEXT,
            "job": TEXT,
            "module": TEXT,
            "node": TEXT,
            "nodes": listed(TEXT),
            "resources": RESOURCES,
            "scaling": SCALING,
            "access": ACCESS,
        },
    ),
    "DeploymentSettings": thing(
        "What is to change; what is not named stays",
        {"scaling": SCALING, "access": ACCESS, "nodes": listed(TEXT)},
    ),
    "VersionWish": thing(
        "A model that is to answer under the same name: 100 per cent of the requests, or on trial with less",
        {"model": TEXT, "job": TEXT, "module": TEXT, "resources": RESOURCES, "share": INTEGER},
    ),
    "Trial": thing("A version and its share in per cent", {"version": INTEGER, "share": INTEGER}, ("share",)),
    "Promotion": thing("The version that is to answer everything", {"version": INTEGER}),
    "Token": thing("A token, without its secret", TOKEN, ("id", "title", "scope")),
    "NewToken": thing("A token and, this once, its secret", {**TOKEN, "secret": TEXT}, ("id", "secret")),
    "TokenWish": thing(
        "A token that is to be: days until it expires, requests a minute and requests a day",
        {
            "title": TEXT,
            "scope": {"enum": ["predict", "all"]},
            "days": maybe(INTEGER),
            "rate": maybe(INTEGER),
            "quota": maybe(INTEGER),
        },
        ("title",),
    ),
    "Usage": thing(
        "What was asked, in buckets of `step` minutes; `minute` counts from 1970",
        {
            "name": TEXT,
            "hours": INTEGER,
            "step": INTEGER,
            "buckets": listed(COUNTS),
            "tokens": {"type": "object", "additionalProperties": COUNTS},
            "versions": {"type": "object", "additionalProperties": COUNTS},
            "total": COUNTS,
        },
        ("step", "buckets", "total"),
    ),
    "Question": thing("One or many spectra", {"data": {"type": "string", "format": "binary"}}, ("data",)),
    "LaterPrediction": thing(
        "A prediction that nobody waits for",
        {
            "id": TEXT,
            "deployment": TEXT,
            "state": {"enum": ["queued", "running", "completed", "error", "cancelled"]},
            "reason": TEXT,
            "caller": TEXT,
            "gateway": TEXT,
            "version": maybe(INTEGER),
            "spectra": maybe(INTEGER),
            "size": INTEGER,
            "answer_size": maybe(INTEGER),
            "content_type": maybe(TEXT),
            "created": TIME,
            "begun": maybe(TIME),
            "ended": maybe(TIME),
            "expires": maybe(TIME),
            "address": TEXT,
            "result": maybe(TEXT),
        },
        ("id", "deployment", "state", "reason", "created", "address", "result"),
    ),
    "Prediction": thing("DEEPaaS' answer", {"status": TEXT, "predictions": PREDICTIONS}, ("predictions",)),
    "WrongArguments": {
        "type": "object",
        "description": "DEEPaaS' answer to wrong arguments: messages by their names",
        "additionalProperties": True,
    },
    "NotificationWish": thing(
        "Where one is told, of what, and after how many minutes of waiting",
        {
            "email": TEXT,
            "webhook": TEXT,
            "about": {"enum": ["asked", "failed", "all"]},
            "waits_minutes": INTEGER,
            "secret": {"enum": ["new"]},
        },
    ),
    "NodeWish": thing(
        "A node that is to be; keys are those of `[nodes.NAME]`, files are named and never sent",
        {"name": TEXT, "kind": {"enum": ["process", "docker", "udocker", "slurm"]}, "url": TEXT},
    ),
    "Node": thing(
        "A node",
        {
            "name": TEXT,
            "kind": TEXT,
            "ok": BOOLEAN,
            "reason": TEXT,
            "cpus": NUMBER,
            "memory_mb": INTEGER,
            "gpus": INTEGER,
            "running": listed(TEXT),
            "labels": listed(TEXT),
            "url": TEXT,
            "source": {"enum": ["huggins.toml", "page"]},
            "drained": maybe(TEXT),
            "drained_by": TEXT,
        },
        ("name", "kind", "ok"),
    ),
}
