"""Nodes."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import BOOLEAN, INTEGER, NUMBER, TEXT, listed, maybe, thing

NODES: dict[str, Any] = {
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
