"""All checks that read files and run nothing."""

from __future__ import annotations

import time

from catalog import Module
from dashboard.publishing.check.static import dockerfile, documents, examples, files, metadata, python_code
from dashboard.publishing.check.static.examples import Example
from dashboard.publishing.finding import Report, Step, StepState
from dashboard.publishing.source.tree import SourceTree


def check(
    tree: SourceTree, report: Report, taken: frozenset[str] = frozenset(), *, built: bool = False
) -> tuple[Module | None, Example | None]:
    """Check the files of a module; what is found goes into the report.

    Parameters
    ----------
    tree : SourceTree
        The folder.
    report : Report
        Gets findings and one step.
    taken : frozenset of str
        Names that others have.
    built : bool
        Whether there is an image already: a Dockerfile may be missing.

    Returns
    -------
    tuple
        The module and its example, each None where it cannot be read.
    """
    started = time.monotonic()
    module, found = metadata.check(tree, taken)
    example: Example | None = None
    found += files.check(tree)
    if not built or tree.has(dockerfile.FILE):
        found += dockerfile.check(tree)
    if module is not None:
        report.module, report.version = module.name, module.version
        example, of_example = examples.check(tree, module)
        found += [*documents.check(tree, module), *python_code.check(tree, module), *of_example]
        found += python_code.tests_of(tree)
    failed = report.add(found)
    state = StepState.FAILED if failed else StepState.PASSED
    report.steps.append(Step("files", "", state, time.monotonic() - started))
    return module, example
