"""Jobs: what is wanted, what came of it, and the questions to a model that are jobs."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import (
    ANY_OBJECT,
    BOOLEAN,
    FIELD_ERROR,
    INTEGER,
    NUMBER,
    RESOURCES,
    TEXT,
    TIME,
    listed,
    maybe,
    thing,
)

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
POINT = thing("A point of a curve", {"step": maybe(NUMBER), "value": NUMBER, "time": maybe(TEXT)})

JOBS: dict[str, Any] = {
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
    "LogChunk": thing(
        "A piece of a log; ask again from `end`",
        {"text": TEXT, "start": INTEGER, "end": INTEGER, "size": INTEGER},
        ("text", "end", "size"),
    ),
    "Metrics": thing(
        "Curves and final values",
        {"metrics": {"type": "object", "additionalProperties": listed(POINT)}, "summary": ANY_OBJECT},
        ("metrics",),
    ),
}
