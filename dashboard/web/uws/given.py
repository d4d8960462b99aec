"""What a client of UWS gives for a job, and the request that the platform makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.base.errors import FieldError, Invalid
from dashboard.jobs.request import JobRequest
from dashboard.jobs.store.held_jobs import Terms

#: Parameters that are no parameters of a module, and the field of a request that each of them fills.
FIELDS = {
    "DATASET": "dataset",
    "MODEL": "model",
    "START": "start",
    "LABEL_VERSION": "label_version",
    "NODE": "node",
    "LABEL": "label",
    "NOTE": "note",
    "PROJECT": "project",
    "NOTIFY": "notify",
    "RETRY": "retry",
    "EXCLUDED": "excluded",
    "RECIPE": "recipe",
    "RESOURCES": "resources",
}
OBJECTS = frozenset({"RECIPE", "RESOURCES"})  # JSON
#: Of UWS itself.
CONTROL = frozenset({"PHASE", "RUNID", "ACTION", "WAIT", "DESTRUCTION", "EXECUTIONDURATION"})
LARGEST = 1_000_000  # characters of all that is given for a job


def merged(terms: Terms, parameters: Mapping[str, list[str]]) -> Terms:
    """Return terms with what was sent; several values of a parameter are one, separated by commas.

    Raises
    ------
    Invalid
        If it is too much.
    """
    sent = {name: ",".join(values) for name, values in parameters.items() if name not in CONTROL}
    given = {**terms.given, **sent}
    if sum(len(name) + len(value) for name, value in given.items()) > LARGEST:
        raise Invalid(f"The parameters have more than {LARGEST} characters.")
    run_id = parameters["RUNID"][-1] if "RUNID" in parameters else terms.run_id
    return replace(terms, run_id=run_id, given=given)


def request_of(module: str, terms: Terms, described: Mapping[str, Any], walltime_s: int | None) -> JobRequest:
    """Return the request for a job.

    Parameters
    ----------
    module : str
        Name of the module.
    terms : Terms
        What was given.
    described : mapping
        The module's description (contracts.md, section 5): the spelling of its parameters.
    walltime_s : int or None
        The time that the client asked for; None: as the module recommends.

    Raises
    ------
    Invalid
        If a parameter that must be JSON is none. Everything else is checked as for the form.
    """
    body: dict[str, Any] = {"module": module, "dataset": "", "label": terms.run_id, "parameters": {}}
    predicts = bool(terms.given.get("MODEL"))
    spelling = {str(one["name"]).upper(): str(one["name"]) for one in _parameters(described, predicts)}
    for name, text in terms.given.items():
        if name in FIELDS:
            body[FIELDS[name]] = _object(name, text) if name in OBJECTS else text
        else:
            body["parameters"][spelling.get(name, name)] = text
    if "excluded" in body:
        body["excluded"] = [part.strip() for part in body["excluded"].split(",")]
    body["retry"] = body.get("retry") or None
    if walltime_s:
        body["resources"] = {**(body.get("resources") or {}), "walltime_s": walltime_s}
    return JobRequest.from_json(body)


def _parameters(described: Mapping[str, Any], predicts: bool) -> list[Mapping[str, Any]]:
    return list(described.get("predict" if predicts else "train") or ())


def _object(name: str, text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} is no JSON: {error}.", [FieldError(name, "must be a JSON object")]) from error
    if not isinstance(found, dict):
        raise Invalid(f"{name} must be a JSON object.", [FieldError(name, "must be a JSON object")])
    return found
