"""Deployments, their versions, tokens and usage."""

from __future__ import annotations

from dashboard.web.schemas.fields import (
    AnyObject,
    Choice,
    Flag,
    Listed,
    Number,
    Part,
    Text,
    Time,
    Whole,
    by_name,
    optional,
)
from dashboard.web.schemas.jobs import ResourcesCreateSchema
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, OwnedSchema, QuerySchema, listing, single
from deploy.access.tokens import Scope
from deploy.model.deployment import Access
from deploy.model.status import DeploymentState

MOST_LINES = 10_000
MOST_DAYS = 3650
MOST_HOURS = 168
MOST_VERSION = 2**31
MOST_CALLS = 2**31 - 1


class LinesQuery(QuerySchema):
    """The part of a replica's log."""

    lines = Whole(f"From 1 to {MOST_LINES}", least=1, most=MOST_LINES, load_default=200)


class UsageQuery(QuerySchema):
    """The period of the usage."""

    hours = Whole(f"From 1 to {MOST_HOURS}", least=1, most=MOST_HOURS, load_default=24)


class ScalingChangeSchema(BodySchema):
    """Limits of the number of replicas; with `minimum` 0 they stop after `idle_s` without a request."""

    minimum = Whole(least=0)
    maximum = Whole(least=1)
    concurrency = Whole("Requests at once that one replica is meant to have", least=1)
    idle_s = Number("Seconds without a request after which the last replica goes")
    stabilisation_s = Number("Seconds without need after which a replica goes")
    standby = Whole("Replicas kept ready beyond what the load needs", least=0)


class DeploymentChangeSchema(BodySchema):
    """Changes of a deployment; omitted fields keep their value."""

    scaling = optional(Part, ScalingChangeSchema)
    access = optional(Choice, Access, "Who may call it")
    nodes = optional(Listed, Text(), "Nodes on which replicas may run")


class _ServedSchema(BodySchema):
    """The model of a version: a stored model, the model of a job, or a module's own."""

    model = optional(Text, "Id of a model")
    job = optional(Text, "Id of the job that made the model")
    module = optional(Text, "Name of a module whose image brings a model")
    training = optional(Flag, "Whether its replicas also train, for tokens of scope all; no if left out")
    resources = optional(Part, ResourcesCreateSchema)


class DeploymentCreateSchema(_ServedSchema, DeploymentChangeSchema):
    """A new deployment of a model, of the model of a job, or of a module's own."""

    name = optional(Text, "Lower-case letters, digits and hyphens; made from the module if left out")
    node = optional(Text, "The one node on which it runs, or any")
    project = optional(Text, "A project of yours that sees it, and whose quotas it counts for")


class VersionCreateSchema(_ServedSchema):
    """A model that serves under the same name: all requests, or as a canary with a share of them."""

    share = optional(Whole, "Per cent of the requests", least=0, most=100, load_default=100)


class CanaryChangeSchema(BodySchema):
    """A version and its share of the requests."""

    version = optional(Whole, "Number; null: that of the canary", least=1, most=MOST_VERSION)
    share = Whole("Per cent of the requests", least=0, most=100, required=True)


class PromotionSchema(BodySchema):
    """The version that becomes stable."""

    version = optional(Whole, "Number; null: that of the canary", least=1, most=MOST_VERSION)


class TokenCreateSchema(BodySchema):
    """A new token."""

    title = Text(required=True)
    scope = optional(Choice, Scope, "What it may call", load_default=str(Scope.PREDICT))
    days = optional(Whole, "Until it expires; null: never", least=1, most=MOST_DAYS)
    rate = optional(Whole, "Requests a minute; null: no limit", least=1, most=MOST_CALLS)
    quota = optional(Whole, "Requests a day; null: no limit", least=1, most=MOST_CALLS)


class ScalingSchema(AnswerSchema):
    """Numbers of replicas."""

    minimum = Whole()
    maximum = Whole()
    concurrency = Whole()
    idle_s = Number()
    stabilisation_s = Number()
    standby = Whole()


class VersionSchema(AnswerSchema):
    """The model of a version."""

    number = Whole()
    module = Text()
    module_version = Text()
    image = Text()
    model = optional(Text)
    resources = AnyObject()
    training = Flag()
    created = Time()


class ReplicaSchema(AnswerSchema):
    """A container that serves."""

    name = Text()
    node = Text()
    version = Whole()
    state = Choice(("starting", "ready", "ejected", "failed", "draining", "stopped"))
    reason = Text()
    since = Time()
    restarts = Whole()
    outstanding = Whole()


class CountsSchema(AnswerSchema):
    """Calls that were made; latencies in seconds."""

    requests = Whole()
    spectra = Whole()
    server_errors = Whole()
    client_errors = Whole()
    seconds = Number()
    p50 = optional(Number)
    p95 = optional(Number)


class DeploymentSchema(OwnedSchema):
    """A deployed model."""

    name = Text(required=True)
    module = Text()
    module_version = Text()
    image = Text()
    model = optional(Text)
    node = Text()
    nodes = Listed(Text())
    enabled = Flag()
    access = Choice(Access)
    scaling = Part(ScalingSchema)
    created = Time()
    resources = AnyObject()
    state = Choice(DeploymentState, required=True)
    reason = Text()
    since = Time()
    restarts = Whole()
    waiting = Whole()
    replicas = Listed(Part(ReplicaSchema))
    stable = Whole()
    canary = optional(Whole)
    share = Whole()
    previous = optional(Whole)
    versions = Listed(Part(VersionSchema))
    address = Text()
    predict = Text()
    last_hour = Part(CountsSchema, "In lists")


class TokenSchema(AnswerSchema):
    """A token, without its secret."""

    id = Text(required=True)
    deployment = Text()
    title = Text(required=True)
    scope = Choice(Scope, required=True)
    owner = Text("User id", required=True)
    created = Time()
    expires = optional(Time)
    rate = optional(Whole)
    quota = optional(Whole)


class NewTokenSchema(TokenSchema):
    """A token and, this once, its secret."""

    secret = Text(required=True)


class UsageSchema(AnswerSchema):
    """Calls in buckets of `step` minutes; `minute` counts from 1970."""

    name = Text()
    hours = Whole()
    step = Whole(required=True)
    buckets = Listed(Part(CountsSchema), required=True)
    tokens = by_name(Part(CountsSchema))
    versions = by_name(Part(CountsSchema))
    total = Part(CountsSchema, required=True)


DeploymentListSchema = listing("deployments", DeploymentSchema)
DeploymentAnswerSchema = single("deployment", DeploymentSchema)
TokenListSchema = listing("tokens", TokenSchema)
TokenAnswerSchema = single("token", NewTokenSchema)
