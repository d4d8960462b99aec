"""What the engine tells of an image: who runs it, its size, and secrets in its layers."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from typing import Any

from dashboard.publishing.check.secrets import found_in
from dashboard.publishing.check.static.dockerfile import ROOT
from dashboard.publishing.finding import Finding, error, warning

LARGE_GB, LARGEST_GB = 6.0, 20.0
WHERE = "image"


async def check(image: str) -> list[Finding]:
    """Return what is wrong with an image of the local engine."""
    inspected, history = await asyncio.gather(
        asyncio.to_thread(_ask, "image", "inspect", "--format", "{{json .}}", image),
        asyncio.to_thread(_ask, "history", "--no-trunc", "--format", "{{json .CreatedBy}}", image),
    )
    if not inspected:
        mend = "See that the engine works, and check again."
        return [error("image.missing", WHERE, "The engine does not have the image.", mend)]
    return list(_findings(json.loads(inspected), [json.loads(line) for line in history.splitlines()]))


def _findings(inspected: dict[str, Any], history: list[str]) -> Iterator[Finding]:
    config = inspected.get("Config") or {}
    user = str(config.get("User") or "").strip()
    if not user or user in ROOT:
        mend = "Make a user (RUN useradd --uid 1000 …) and end the Dockerfile with USER 1000."
        yield error("image.root", WHERE, "The image runs as root.", mend)
    size = float(inspected.get("Size") or 0) / 1e9
    if size > LARGEST_GB:
        mend = "Leave out what only the build needs, and weights that a node can fetch."
        yield error("image.size", WHERE, f"It has {size:.1f} GB; {LARGEST_GB:g} GB are taken.", mend)
    elif size > LARGE_GB:
        mend = "Use builds for CPUs, no caches, and several stages."
        yield warning("image.size", WHERE, f"It has {size:.1f} GB, which every node must fetch.", mend)
    mend = "Lend it to the step (RUN --mount=type=secret), build anew, and change the secret."
    for text in (*config.get("Env", ()), *history):
        for _, what in found_in(str(text)):
            yield error("image.secret", WHERE, f"A layer or a variable of it holds {what}.", mend)
            return


def _ask(*words: str) -> str:
    try:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
