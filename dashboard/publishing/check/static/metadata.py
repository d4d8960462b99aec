"""The description: ``module.yaml``, or AI4's ``ai4-metadata.yml``."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

from marshmallow import ValidationError

from catalog import BadDocument, Module, schema
from catalog.document import read_document
from catalog.module import AI4_FILE, FILE, file_of
from dashboard.publishing.finding import Finding, error, warning
from dashboard.publishing.scaffold.names import problem_of
from dashboard.publishing.scaffold.scaffold import PLACEHOLDER
from dashboard.publishing.source.tree import SourceTree

#: Memory and processors beyond which no usual node has room for a module.
MOST_MEMORY_MB = 32 * 1024
MOST_CPUS = 64


def check(tree: SourceTree, taken: frozenset[str]) -> tuple[Module | None, list[Finding]]:
    """Return the module that a folder describes, if it can be read, and what is wrong with the description.

    Parameters
    ----------
    tree : SourceTree
        The folder.
    taken : frozenset of str
        Names that others have.

    Returns
    -------
    tuple
        The module or None, and the findings.
    """
    path = file_of(tree.folder)
    if not tree.has(path.name):
        mend = f"Write a {FILE}; `huggins modules new NAME` shows one."
        return None, [error("metadata.missing", path.name, f"There is no {FILE} and no {AI4_FILE}.", mend)]
    try:
        document = read_document(path)
    except BadDocument as bad:
        mend = "Mend the YAML: plain keys and values, without aliases, of at most 256 kB."
        return None, [error("metadata.yaml", path.name, f"It {bad.problems[0]}.", mend)]
    try:
        module = Module.from_document(document, tree.folder.name)
    except ValidationError as bad:
        return None, [_of_problem(path.name, one) for one in sorted(schema.problems(bad.messages))]
    checks = (_names(module, path.name, taken), _said(module, path.name), _needs(module, path.name))
    return module, [*_ai4(document, tree), *(finding for check in checks for finding in check)]


def _of_problem(file: str, problem: str) -> Finding:
    key, _, text = problem.partition(": ")
    return error("metadata.invalid", f"{file}: {key}", text, "Correct this key; contracts.md has the list.")


def _names(module: Module, file: str, taken: frozenset[str]) -> Iterator[Finding]:
    if problem := problem_of(module.name, taken):
        yield error("metadata.name", f"{file}: huggins.name", problem, "Choose another name.")


def _said(module: Module, file: str) -> Iterator[Finding]:
    for line in module.warnings:
        key, _, text = line.partition(": ")
        mend = "Correct the key, or leave it out."
        yield warning("metadata.unknown-key", f"{file}: {key}", f"The key {text}.", mend)
    for key, address in module.links.items():
        if address.startswith(PLACEHOLDER):
            what = f"{address} stands in for an address."
            mend = "Write where the source code is before you publish."
            yield warning("metadata.placeholder", f"{file}: links.{key}", what, mend)
    if module.entry == "batch" and not module.tasks:
        yield warning(
            "metadata.tasks", f"{file}: tasks", "It names no task, so no search finds it.", "Name one."
        )


def _needs(module: Module, file: str) -> Iterator[Finding]:
    purposes = ("training", "inference") if module.trainable else ("inference",)
    for purpose in purposes:
        where = f"{file}: resources.{purpose}"
        needs = module.resources.get(purpose) or {}
        memory, cpus = needs.get("memory_MB"), needs.get("cpu", 1)
        if memory is None and module.entry == "batch":
            mend = (
                f"Write resources.{purpose}.memory_MB: forms start from it, and the check holds it to that."
            )
            yield warning("resources.missing", where, "It does not say how much memory it needs.", mend)
        if memory is not None and memory > MOST_MEMORY_MB:
            what = f"It asks for {memory:g} MB of memory; no node has more than {MOST_MEMORY_MB} MB for one."
            yield error(
                "resources.too-much", where, what, "Ask for what it really needs, and make it smaller."
            )
        if cpus > MOST_CPUS:
            what = f"It asks for {cpus:g} processors; no node has more than {MOST_CPUS} for one."
            yield error("resources.too-much", where, what, "Ask for what it really needs.")


def _ai4(document: dict[str, Any], tree: SourceTree) -> Iterator[Finding]:
    """Validate by AI4's own schema: a separate ``ai4-metadata.yml``, or the part of ours that is theirs."""
    checked = {FILE if tree.has(FILE) else AI4_FILE: {k: v for k, v in document.items() if k != "huggins"}}
    if tree.has(FILE) and tree.has(AI4_FILE):
        try:
            checked[AI4_FILE] = read_document(tree.folder / AI4_FILE)
        except BadDocument as bad:
            yield error(
                "metadata.ai4", AI4_FILE, f"It {bad.problems[0]}.", "Mend the YAML, or remove the file."
            )
    for file, content in checked.items():
        for problem in _validator().iter_errors(content):
            key = ".".join(map(str, problem.absolute_path)) or "the whole file"
            what = f"AI4's schema says: {problem.message[:300]}."
            yield error("metadata.ai4", f"{file}: {key}", what, "Correct it as AI4 metadata 2 ask.")


@cache
def _validator() -> Any:
    with warnings.catch_warnings():
        # Its command line, imported with it, uses names that Click will take away; its schema names a draft
        # of JSON Schema that its library calls by another name.
        warnings.simplefilter("ignore", DeprecationWarning)
        from ai4_metadata import metadata  # noqa: PLC0415 - slow to import, and for this alone

        latest = json.loads(metadata.get_latest_schema_file().read_text("utf-8"))
        return metadata.get_validator_for_schema(latest)
