"""Badges: what the check of a version, which the platform ran itself, showed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import Module
from dashboard.modules.versions import PublishedVersion

#: Badge to what it says.
BADGES: Mapping[str, str] = {
    "checked": "the platform built it, trained it and asked it in a container",
    "signed": "the platform's signature of image and description is valid",
    "reproducible": "two trainings gave the same metrics",
    "GPU": "uses a GPU",
    "runs on HPC": "ran through udocker, without Docker and without root",
}


def badges(module: Module, version: PublishedVersion | None, *, signed: bool) -> list[str]:
    """Return the badges of a module, in the order of `BADGES`.

    Parameters
    ----------
    module : Module
        As the market offers it.
    version : PublishedVersion or None
        Its version; None of the platform's own modules, which have no report.
    signed : bool
        Whether its signature is valid.

    Returns
    -------
    list of str
        Keys of `BADGES`.
    """
    found = set()
    if any((module.resources.get(purpose) or {}).get("gpu") for purpose in ("training", "inference")):
        found.add("GPU")
    if version is not None:
        report = version.report
        passed = {(one["name"], one["node"]) for one in report.get("steps", ()) if one["state"] == "passed"}
        found |= _of_check(report, passed)
        if signed:
            found.add("signed")
    return [name for name in BADGES if name in found]


def _of_check(report: Mapping[str, Any], passed: set[tuple[str, str]]) -> set[str]:
    found = set()
    if report.get("passed") and report.get("contract_checked"):
        found.add("checked")
    if any(name == "repeat" for name, _ in passed):
        found.add("reproducible")
    if {("train", "udocker"), ("predict", "udocker")} <= passed:
        found.add("runs on HPC")
    return found
