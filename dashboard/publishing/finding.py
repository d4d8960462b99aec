"""What a check found: data, of which texts, JSON and pages are made where a person reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  # the check fails
    WARNING = "warning"  # probably a mistake
    NOTE = "note"  # what was not checked, and why; or what could be better


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    code : str
        ``room.problem``, such as ``dockerfile.root``: stays the same over versions.
    level : Level
        How bad it is.
    where : str
        File with line, key of the description, or step and node.
    what : str
        One sentence: what is wrong.
    mend : str
        One sentence: what to do.
    """

    code: str
    level: Level
    where: str
    what: str
    mend: str

    def to_json(self) -> dict[str, str]:
        """Return the fields."""
        return asdict(self)


def error(code: str, where: str, what: str, mend: str) -> Finding:
    """Return a finding by which the check fails.

    Parameters
    ----------
    code, where, what, mend : str
        See `Finding`.

    Returns
    -------
    Finding
        Of level error.
    """
    return Finding(code, Level.ERROR, where, what, mend)


def warning(code: str, where: str, what: str, mend: str) -> Finding:
    """Return a finding that is probably a mistake.

    Parameters
    ----------
    code, where, what, mend : str
        See `Finding`.

    Returns
    -------
    Finding
        Of level warning.
    """
    return Finding(code, Level.WARNING, where, what, mend)


def note(code: str, where: str, what: str, mend: str) -> Finding:
    """Return a finding that says what was not checked, or what could be better.

    Parameters
    ----------
    code, where, what, mend : str
        See `Finding`.

    Returns
    -------
    Finding
        Of level note.
    """
    return Finding(code, Level.NOTE, where, what, mend)


class StepState(StrEnum):
    """How a step of the check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One step of the check.

    Attributes
    ----------
    name : str
        Such as ``train``.
    node : str
        Kind of the node where it ran; empty: nowhere, files were read.
    state : StepState
        How it ended.
    seconds : float
        How long it took.
    """

    name: str
    node: str
    state: StepState
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the fields."""
        return {**asdict(self), "seconds": round(self.seconds, 2)}


@dataclass
class Report:
    """Everything that one check found.

    Attributes
    ----------
    source : str
        What was checked, as the person named it.
    module, version : str
        As the description has them; empty where it cannot be read.
    findings : list of Finding
        In the order of the steps.
    steps : list of Step
        In their order.
    metrics : dict of str to float
        What the training on the example measured.
    """

    source: str
    module: str = ""
    version: str = ""
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)

    def add(self, findings: Iterable[Finding]) -> list[Finding]:
        """Add findings, each once; return those that are errors."""
        found = [one for one in dict.fromkeys(findings) if one not in self.findings]
        self.findings += found
        return [one for one in found if one.level is Level.ERROR]

    @property
    def errors(self) -> list[Finding]:
        """The findings by which the check fails."""
        return [finding for finding in self.findings if finding.level is Level.ERROR]

    @property
    def passed(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def ran(self) -> bool:
        """Whether the contract was checked: it was built, trained and asked in a container."""
        return any(step.node and step.state is StepState.PASSED for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON, schema 1."""
        return {
            "schema": 1,
            "source": self.source,
            "module": self.module,
            "version": self.version,
            "passed": self.passed,
            "contract_checked": self.ran,
            "findings": [finding.to_json() for finding in self.findings],
            "steps": [step.to_json() for step in self.steps],
            "metrics": self.metrics,
        }
