"""The Python of a module: whether it is Python, the entry point, what loads pickles, what it depends on."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from catalog import Module
from dashboard.publishing.finding import Finding, error, note, warning
from dashboard.publishing.source.tree import SourceTree

GROUP = "deepaas.v2.model"
PROJECT = "pyproject.toml"
#: Calls that run code of the file that they read.
UNPICKLES = frozenset(
    {"pickle.load", "pickle.loads", "pickle.Unpickler", "cPickle.load", "dill.load", "dill.loads"}
    | {
        "cloudpickle.load",
        "cloudpickle.loads",
        "joblib.load",
        "pandas.read_pickle",
        "pd.read_pickle",
        "shelve.open",
    }
)


def check(tree: SourceTree, module: Module) -> Iterator[Finding]:
    """Yield what is wrong with the Python of a module.

    Parameters
    ----------
    tree : SourceTree
        The folder.
    module : Module
        What it describes.

    Yields
    ------
    Finding
        Of syntax, entry point, pickles and dependencies.
    """
    for path in tree.sizes:
        if path.endswith(".py"):
            yield from _file(path, tree.text(path) or "")
    project = _project(tree)
    if isinstance(project, Finding):
        yield project
    elif project is not None:
        yield from _entry_point(project, module)
        yield from _requirements(PROJECT, project.get("project", {}).get("dependencies", ()))
    for path in tree.sizes:
        if re.fullmatch(r"(?:[^/]+/)?requirements[\w.-]*\.txt", path):
            lines = [line.split(" #")[0].strip() for line in (tree.text(path) or "").splitlines()]
            yield from _requirements(
                path, [line for line in lines if line and not line.startswith(("#", "-"))]
            )


def _file(path: str, text: str) -> Iterator[Finding]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as bad:
        line = getattr(bad, "lineno", None) or 1
        what = f"It is no Python: {getattr(bad, 'msg', None) or 'it cannot be parsed'}."
        yield error("code.syntax", f"{path}:{line}", what, "Correct this line.")
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(path, node)


def _call(path: str, node: ast.Call) -> Iterator[Finding]:
    try:
        name = ast.unparse(node.func)
    except RecursionError:
        return
    keywords = {one.arg: ast.unparse(one.value) for one in node.keywords if one.arg}
    risky = (
        name in UNPICKLES
        or (name in {"np.load", "numpy.load"} and keywords.get("allow_pickle") == "True")
        or (name == "torch.load" and keywords.get("weights_only") != "True")
        or (name.endswith("load_model") and keywords.get("safe_mode") == "False")
    )
    if risky:
        what = f"{name} runs code of the file that it reads, and models are not trusted."
        mend = "Use npz (allow_pickle=False), skops with the types named, safetensors, .keras or ONNX."
        yield error("code.unpickles", f"{path}:{node.lineno}", what, mend)


def _project(tree: SourceTree) -> dict[str, Any] | Finding | None:
    text = tree.text(PROJECT)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as bad:
        return error("code.project", PROJECT, f"It is no TOML: {bad}.", "Correct it.")


def _entry_point(project: dict[str, Any], module: Module) -> Iterator[Finding]:
    points = project.get("project", {}).get("entry-points", {}).get(GROUP, {})
    if isinstance(points, dict) and module.name not in points:
        named = f"; it names {', '.join(points)}" if points else ""
        what = f"No entry point {GROUP} is called {module.name}, as the module is{named}."
        mend = f'Write [project.entry-points."{GROUP}"] {module.name} = "package:object".'
        yield error("code.entry-point", PROJECT, what, mend)


def _requirements(path: str, lines: Sequence[Any]) -> Iterator[Finding]:
    for line in lines:
        try:
            wanted = Requirement(str(line))
        except InvalidRequirement as bad:
            what = f"{str(line)[:80]!r} is no requirement: {str(bad).splitlines()[0]}."
            yield error("dependencies.invalid", path, what, "Write NAME>=VERSION,<VERSION.")
            continue
        if wanted.url and "@" not in wanted.url.rpartition("/")[2]:
            what = f"{wanted.name} comes from an address that names no version."
            yield error("dependencies.address", path, what, "Name a commit or a hash in the address.")
        elif not wanted.url and not any(
            one.operator in {"==", "<", "<=", "~=", "==="} for one in wanted.specifier
        ):
            what = f"{wanted.name} has no upper bound: a later version may break the module."
            yield warning("dependencies.unpinned", path, what, f"Write a bound, such as {wanted.name}<2.")


def tests_of(tree: SourceTree) -> Iterator[Finding]:
    """Yield what is missing of the tests."""
    if not any(re.fullmatch(r"(?:.*/)?test_\w+\.py", path) for path in tree.sizes):
        what = "There are no tests."
        yield note(
            "tests.missing", "tests", what, "Write tests/test_….py; the check runs them in the container."
        )
