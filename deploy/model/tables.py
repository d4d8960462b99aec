"""The tables of the deploy service; the migrations of the platform create them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


def ownership() -> list[sa.Column[Any]]:
    """Return the columns that say whose an object is, and who else sees it beside its owner."""
    return [
        sa.Column("owner", sa.String(120), nullable=False, server_default="owner"),
        # private | project: its project's members | public: everybody who is signed in
        sa.Column("visibility", sa.String(10), nullable=False, server_default="private"),
        sa.Column("project", sa.String(80), nullable=True),
    ]


deployments = sa.Table(
    "deployments",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("nodes", sa.JSON, nullable=False),  # names of the nodes of its replicas
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created", sa.String(30), nullable=False),  # ISO 8601, UTC
    sa.Column("stable", sa.Integer, nullable=False),  # number of the active version
    sa.Column("canary", sa.Integer, nullable=True),  # number of the canary
    sa.Column("share", sa.Integer, nullable=False),  # of the requests that the canary gets, per cent
    sa.Column("previous", sa.Integer, nullable=True),  # number of the version stable before
    sa.Column("scaling", sa.JSON, nullable=False),  # deploy.model.deployment.Scaling
    sa.Column("access", sa.String(10), nullable=False),  # public | users | tokens
    *ownership(),
)

deployment_versions = sa.Table(
    "deployment_versions",
    metadata,  # never updated
    sa.Column("deployment", sa.String(40), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("module", sa.String(100), nullable=False),
    sa.Column("module_version", sa.String(50), nullable=False),
    sa.Column("image", sa.String(500), nullable=False),
    sa.Column("entry", sa.String(20), nullable=False),
    sa.Column("model", sa.String(40), nullable=True, index=True),
    sa.Column("model_folder", sa.String(1000), nullable=True),
    sa.Column("resources", sa.JSON, nullable=False),
    sa.Column("training", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created", sa.String(30), nullable=False),
)

# One row, incremented by every change of a deployment or a token, so that all gateways see the change.
deployment_revision = sa.Table(
    "deployment_revision",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)

deployment_tokens = sa.Table(
    "deployment_tokens",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),  # also the public part of the token
    sa.Column("hash", sa.String(64), nullable=False),  # SHA-256 of the token, which is not stored
    sa.Column("deployment", sa.String(40), nullable=False, index=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("scope", sa.String(10), nullable=False),  # predict | all (training too)
    sa.Column("created", sa.String(30), nullable=False),
    sa.Column("expires", sa.String(30), nullable=True),
    sa.Column("rate", sa.Integer, nullable=True),  # requests a minute
    sa.Column("quota", sa.Integer, nullable=True),  # requests a day, from midnight UTC
    *ownership(),
)

# Usage by minute. Only the gateway that a row names writes it, so that gateways never wait for each other.
deployment_usage = sa.Table(
    "deployment_usage",
    metadata,
    sa.Column("deployment", sa.String(40), primary_key=True),
    sa.Column("minute", sa.Integer, primary_key=True, autoincrement=False),  # since 1970
    sa.Column("token", sa.String(12), primary_key=True),  # "": without a token
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),  # 0: no version was reached
    sa.Column("gateway", sa.String(16), primary_key=True),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("spectra", sa.Integer, nullable=False),
    sa.Column("server_errors", sa.Integer, nullable=False),  # status 500 and above
    sa.Column("client_errors", sa.Integer, nullable=False),  # status 400 to 499
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("latency", sa.JSON, nullable=False),  # requests by deploy.access.usage.BOUNDS
    sa.Index("ix_deployment_usage_minute", "minute"),
)

# Asynchronous predictions; request and answer are in files of one gateway.
deployment_predictions = sa.Table(
    "deployment_predictions",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),  # unguessable: the only key of an anonymous caller
    sa.Column("deployment", sa.String(40), nullable=False),
    sa.Column("deployment_created", sa.String(30), nullable=False),  # of the deployment: names may be reused
    sa.Column("gateway", sa.String(120), nullable=False),  # that has the files and makes the prediction
    sa.Column("folder", sa.String(1000), nullable=False),  # of its files
    sa.Column("caller", sa.String(140), nullable=False),  # "token ID" | "user NAME" | "" (anonymous)
    # queued: waits for its turn | running | completed: answered below 400 | error: see reason
    # cancelled: deleted as soon as its gateway has stopped it
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),  # {"path", "headers": [[name, value]]}
    sa.Column("size", sa.BigInteger, nullable=False),  # bytes sent
    sa.Column("created", sa.String(30), nullable=False),
    sa.Column("started", sa.String(30), nullable=True),
    sa.Column("ended", sa.String(30), nullable=True),
    sa.Column("expires", sa.String(30), nullable=True),  # when it is deleted
    sa.Column("version", sa.Integer, nullable=True),  # number of the version that answered
    sa.Column("status", sa.Integer, nullable=True),  # HTTP status of the answer
    sa.Column("content_type", sa.String(200), nullable=True),
    sa.Column("answer_size", sa.BigInteger, nullable=True),
    sa.Column("spectra", sa.Integer, nullable=True),
    *ownership(),
    sa.Index("ix_deployment_predictions_deployment", "deployment", "created"),
    sa.Index("ix_deployment_predictions_gateway", "gateway", "state"),
)

# When each gateway of asynchronous predictions was last alive.
deployment_gateways = sa.Table(
    "deployment_gateways",
    metadata,
    sa.Column("gateway", sa.String(120), primary_key=True),
    sa.Column("seen", sa.String(30), nullable=False),
)
