"""Writes the folder of a new module from the templates."""

from __future__ import annotations

import datetime
import getpass
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from catalog import vocabulary
from dashboard.base.bundled import bundled
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.publishing.scaffold.kinds import KINDS, Kind
from dashboard.publishing.scaffold.names import package_of, problem_of

TEMPLATES = "templates/module"
PACKAGE = "package"  # the folder of the templates that gets the package's name
#: What the source's address is until the publisher has one; `metadata.placeholder` finds it.
PLACEHOLDER = "https://example.org/"
BASES = {"plain": "huggins/base", "tensorflow": "huggins/base-tensorflow"}


@dataclass(frozen=True)
class NewModule:
    """What a person asked for.

    Attributes
    ----------
    name : str
        Of the module and its folder.
    kind : str
        Key of `KINDS`.
    task : str
        Of AI4's list; empty: the first that the kind is written for.
    title : str
        For people; empty: made of the name.
    source : str
        Address of the source code; empty: one to be replaced.
    """

    name: str
    kind: str = "method"
    task: str = ""
    title: str = ""
    source: str = ""


def write(asked: NewModule, parent: Path, taken: frozenset[str] = frozenset()) -> Path:
    """Write the folder of a new module and return it.

    Parameters
    ----------
    asked : NewModule
        What to write.
    parent : Path
        Where the folder is made.
    taken : frozenset of str
        Names of modules that are there.

    Raises
    ------
    Invalid
        If the name, the kind or the task cannot be used.
    Conflict
        If a file or folder of that name is there, or cannot be made.
    """
    kind = _checked(asked, taken)
    folder = parent / asked.name
    new = parent / f".{asked.name}.new"
    if folder.exists() or folder.is_symlink():
        raise Conflict(f"{folder} is there already: nothing was written. Choose another name, or remove it.")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(new, ignore_errors=True)
        _write_layers(asked, kind, new)
        new.rename(folder)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        raise Conflict(f"{folder} cannot be written: {error.strerror}.") from error
    return folder


def _checked(asked: NewModule, taken: frozenset[str]) -> Kind:
    if problem := problem_of(asked.name, taken):
        raise Invalid(problem, [FieldError("name", problem)])
    if asked.kind not in KINDS:
        problem = f"There is no kind {asked.kind!r}; there are {', '.join(KINDS)}."
        raise Invalid(problem, [FieldError("kind", problem)])
    kind = KINDS[asked.kind]
    tasks = kind.tasks or vocabulary.TASKS
    if asked.task and asked.task not in tasks:
        problem = f"A module of kind {asked.kind} is written for {', '.join(tasks)}, not {asked.task!r}."
        raise Invalid(problem, [FieldError("task", problem)])
    for field, text in (("title", asked.title), ("source", asked.source)):
        if any(letter in text for letter in '\n\r"\\{}#') or len(text) > 200:
            problem = (
                f"The {field} is plain text of at most 200 letters, without quotes, braces, # or line ends."
            )
            raise Invalid(problem, [FieldError(field, problem)])
    return kind


def _write_layers(asked: NewModule, kind: Kind, folder: Path) -> None:
    templates = bundled(TEMPLATES)
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - files of code and YAML, and no pages
    )
    values = _values(asked, kind)
    for layer in kind.layers:
        for path in sorted((templates / layer).rglob("*")):
            if not path.is_file() or path.suffix == ".pyc":
                continue
            parts = path.relative_to(templates / layer).parts
            parts = tuple(values["package"] if part == PACKAGE else part for part in parts)
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            name = path.relative_to(templates).as_posix()
            target.write_text(environment.get_template(name).render(values), encoding="utf-8")


def _values(asked: NewModule, kind: Kind) -> dict[str, str]:
    today = datetime.datetime.now(datetime.UTC).date()
    title = asked.title or asked.name.replace("-", " ").replace("_", " ").capitalize()
    task = asked.task or (kind.tasks[0] if kind.tasks else "Other")
    return {
        "name": asked.name,
        "package": package_of(asked.name),
        "kind": asked.kind,
        "title": title,
        "summary": f"{title}: {_SUMMARIES.get(task, 'finds what stands out in spectra')}.",
        "task": task,
        "category": vocabulary.TRAINABLE,
        "library": kind.library,
        "entry": kind.entry,
        "base": kind.base,
        "base_image": f"{BASES[kind.base]}:{version('huggins')}",
        "memory_mb": str(kind.memory_mb),
        "source": asked.source or f"{PLACEHOLDER}{asked.name}",
        "today": today.isoformat(),
        "year": str(today.year),
        "author": getpass.getuser(),
        "parameters": kind.parameters,  # type: ignore[dict-item]  # pairs, which the README goes through
        "example_parameters": kind.example,
        "test_parameters": kind.test,
    }


_SUMMARIES = {
    "Classification": "learns classes from labelled spectra",
    "Regression": "learns numbers from labelled spectra",
}
