"""The example: what the check trains on and asks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from catalog import Module
from dashboard.publishing.finding import Finding, error
from dashboard.publishing.source.tree import SourceTree

JOB, CALL = "examples/job.json", "examples/call.json"
MAKER, DATA = "examples/make_data.py", "examples/data"
WALLTIME_S = 600


@dataclass(frozen=True)
class Example:
    """What the check trains with and asks.

    Attributes
    ----------
    made : bool
        Whether `MAKER` writes the data, in the module's container; else they lie in `DATA`.
    parameters, recipe
        Of the training, of a module with our batch entry.
    walltime_s : int
        In which a training, or an answer, must come.
    calls : mapping
        ``predict`` and ``train`` of a plain module: ``{"arguments": {…}, "files": {name: path}}``.
    """

    made: bool
    parameters: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] | None = None
    walltime_s: int = WALLTIME_S
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)


def check(tree: SourceTree, module: Module) -> tuple[Example | None, list[Finding]]:
    """Return the example of a module, if it can be used, and what is wrong with it.

    Parameters
    ----------
    tree : SourceTree
        The folder.
    module : Module
        What it describes.

    Returns
    -------
    tuple
        The example or None, and the findings.
    """
    made = tree.has(MAKER)
    if not made and not any(path.startswith(f"{DATA}/") for path in tree.sizes):
        what = f"There is neither {MAKER} nor a file in {DATA}: nothing to train on or to ask about."
        return None, [error("example.data", "examples", what, "Add a script that writes small made-up data.")]
    file = JOB if module.entry == "batch" else CALL
    document = _read(tree, file)
    if isinstance(document, Finding):
        return None, [document]
    return _example(document, file, made)


def _read(tree: SourceTree, file: str) -> dict[str, Any] | Finding:
    text = tree.text(file)
    if text is None:
        if file == JOB:
            return {}  # the parameters' own defaults are an example, too
        mend = 'Write {"predict": {"arguments": {…}, "files": {"data": "FILE"}}}.'
        return error("example.call", file, "It is missing: nobody knows how to ask this module.", mend)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as bad:
        return error("example.invalid", file, f"It is no JSON: {bad}.", "Correct it.")
    if not isinstance(document, dict):
        return error("example.invalid", file, "It is no JSON object.", "Write an object.")
    return document


def _example(document: dict[str, Any], file: str, made: bool) -> tuple[Example | None, list[Finding]]:
    resources = document.get("resources") or {}
    walltime = document.get(
        "walltime_s", resources.get("walltime_s") if isinstance(resources, dict) else None
    )
    walltime = WALLTIME_S if walltime is None else walltime
    parameters, recipe = document.get("parameters") or {}, document.get("recipe")
    wrong = []
    if not isinstance(parameters, dict):
        wrong.append(("parameters", "They are no object."))
    if recipe is not None and not isinstance(recipe, dict):
        wrong.append(("recipe", "It is neither null nor an object."))
    if isinstance(walltime, bool) or not isinstance(walltime, int) or not 1 <= walltime <= 3600:
        wrong.append(("walltime_s", "It is no whole number of 1 to 3600 seconds."))
    calls: dict[str, Any] = {name: document[name] for name in ("predict", "train") if name in document}
    if file == CALL:
        wrong += [
            (name, "It is no object of arguments and files.") for name, one in calls.items() if not _call(one)
        ]
        if "predict" not in calls:
            wrong.append(("predict", "It is missing."))
    if wrong:
        found = [error("example.invalid", f"{file}: {key}", what, "Correct it.") for key, what in wrong]
        return None, found
    return Example(made, parameters, recipe, walltime, calls), []


def _call(one: Any) -> bool:
    if not isinstance(one, dict):
        return False
    arguments, files = one.get("arguments", {}), one.get("files", {})
    if not isinstance(arguments, dict) or not isinstance(files, dict):
        return False
    return all(
        isinstance(path, str) and ".." not in path and not path.startswith("/") for path in files.values()
    )
