"""Deployments, their tokens and their usage."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import (
    ANY_OBJECT,
    BOOLEAN,
    INTEGER,
    NUMBER,
    RESOURCES,
    TEXT,
    TIME,
    listed,
    maybe,
    thing,
)

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
    "state": {"enum": ["starting", "ready", "ejected", "failed", "draining", "stopped"]},
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
        "server_errors": INTEGER,
        "client_errors": INTEGER,
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
    "state": {"enum": ["stopped", "scaled_to_zero", "starting", "deployed", "failed"]},
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
    "last_hour": COUNTS,  # in lists: the last hour
}

DEPLOYMENTS: dict[str, Any] = {
    "Deployment": thing("A model on the air", DEPLOYMENT, ("name", "state")),
    "DeploymentCreate": thing(
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
    "VersionCreate": thing(
        "A model that is to answer under the same name: 100 per cent of the requests, or on trial with less",
        {"model": TEXT, "job": TEXT, "module": TEXT, "resources": RESOURCES, "share": INTEGER},
    ),
    "CanaryRequest": thing(
        "A version and its share in per cent", {"version": INTEGER, "share": INTEGER}, ("share",)
    ),
    "Promotion": thing("The version that is to answer everything", {"version": INTEGER}),
    "Token": thing("A token, without its secret", TOKEN, ("id", "title", "scope")),
    "NewToken": thing("A token and, this once, its secret", {**TOKEN, "secret": TEXT}, ("id", "secret")),
    "TokenCreate": thing(
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
}
