"""The audit of packages says what it knows, and when it knows nothing."""

from __future__ import annotations

from pathlib import Path

from ci.audit import audit, report

VULNERABLE = {
    "name": "jinja2",
    "version": "3.1.4",
    "vulns": [{"id": "GHSA-q2x7-8rv6-6q7h", "fix_versions": ["3.1.5"]}],
}
CLEAN = {"name": "numpy", "version": "2.1.0", "vulns": []}
UNKNOWN = {"name": "huggins", "skip_reason": "Dependency not found"}


def script(folder: Path, text: str) -> str:
    file = folder / "pip-audit"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_vulnerable_and_unknown_packages_are_named() -> None:
    assert list(report({"dependencies": [VULNERABLE, CLEAN, UNKNOWN]})) == [
        "audit: 2 of 3 packages are known, 1 of them are vulnerable",
        "audit: jinja2 3.1.4: GHSA-q2x7-8rv6-6q7h, mended in 3.1.5",
        "audit: nothing is known of huggins",
    ]


def test_without_a_service_it_says_that_it_knows_nothing(tmp_path: Path) -> None:
    [line] = report({"dependencies": [UNKNOWN, UNKNOWN]})
    assert "nothing is known of any of 2 packages" in line
    [line] = audit(script(tmp_path, "echo no network >&2; exit 1"))
    assert line.startswith("audit: nothing is known: JSONDecodeError")
    [line] = audit(str(tmp_path / "absent"))
    assert line.startswith("audit: nothing is known: FileNotFoundError")


def test_the_answer_of_the_command_is_reported_whatever_its_exit_code(tmp_path: Path) -> None:
    document = '{"dependencies": [{"name": "numpy", "version": "2.1.0", "vulns": []}]}'
    assert audit(script(tmp_path, f"echo '{document}'; exit 1")) == [
        "audit: 1 of 1 packages are known, 0 of them are vulnerable"
    ]
