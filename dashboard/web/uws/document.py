"""Jobs as XML, as the schema of UWS 1.1 has them."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from dashboard.auth.identity import CALLER
from dashboard.base import clock
from dashboard.jobs.job import Artefact, Job, Phase
from dashboard.jobs.store.held_jobs import Terms
from dashboard.web.vo.document import XLINK, Element, add, add_nillable, named

UWS: Final = named("http://www.ivoa.net/xml/UWS/v1.0", "uws")  # of 1.1, too
OURS: Final = named("urn:huggins:job", "job")
VERSION: Final = "1.1"
HREF: Final = f"{{{XLINK}}}href"


@dataclass(frozen=True)
class ShownJob:
    """A job with what its document tells beside its row.

    Attributes
    ----------
    job : Job
        The row.
    terms : Terms
        What its client gave.
    address : str
        Of the job, without a slash at its end.
    files : sequence of Artefact
        Of its last attempt.
    model : tuple of str or None
        Id and address of the model that it made.
    """

    job: Job
    terms: Terms
    address: str
    files: tuple[Artefact, ...] = ()
    model: tuple[str, str] | None = None


def list_document(found: Iterable[tuple[Job, str]], address: str) -> Element:
    """Return the document of a list.

    Parameters
    ----------
    found : iterable of (Job, str)
        Newest first, each with its run id.
    address : str
        Of the list.
    """
    root = Element(f"{UWS}jobs", {"version": VERSION})
    for job, run_id in found:
        reference = add(root, f"{UWS}jobref", id=job.id)
        reference.set(f"{{{XLINK}}}type", "simple")
        reference.set(HREF, f"{address}/{job.id}")
        add(reference, f"{UWS}phase", job.phase)
        if run_id:
            add(reference, f"{UWS}runId", run_id)
        add_nillable(reference, f"{UWS}ownerId", owner_of(job))
        add(reference, f"{UWS}creationTime", job.created)
    return root


def job_document(shown: ShownJob) -> Element:
    """Return the document of one job."""
    job, terms = shown.job, shown.terms
    root = Element(f"{UWS}job", {"version": VERSION})
    add(root, f"{UWS}jobId", job.id)
    if terms.run_id:
        add(root, f"{UWS}runId", terms.run_id)
    add_nillable(root, f"{UWS}ownerId", owner_of(job))
    add(root, f"{UWS}phase", job.phase)
    add_nillable(root, f"{UWS}quote", quote_of(job) or None)
    add(root, f"{UWS}creationTime", job.created)
    add_nillable(root, f"{UWS}startTime", job.started)
    add_nillable(root, f"{UWS}endTime", job.ended)
    add(root, f"{UWS}executionDuration", job.resources.walltime_s or 0)
    add_nillable(root, f"{UWS}destruction", terms.destruction)
    root.append(parameters_document(job, terms))
    root.append(results_document(shown))
    if job.phase is Phase.ERROR:
        summary = add(root, f"{UWS}errorSummary", type="fatal", hasDetail="true")
        add(summary, f"{UWS}message", job.reason)
    root.append(_information(shown))
    return root


def parameters_document(job: Job, terms: Terms) -> Element:
    """Return the parameters: as they were given, or those of a job that was made otherwise."""
    root = Element(f"{UWS}parameters")
    for name, value in (terms.given or _parameters(job)).items():
        add(root, f"{UWS}parameter", value, id=name)
    return root


def _parameters(job: Job) -> Mapping[str, str]:
    told: dict[str, Any] = {"DATASET": job.dataset, "MODEL": job.predicts, "START": job.start}
    told |= {"RECIPE": job.recipe, **job.parameters}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in told.items()
        if value is not None
    }


def results_document(shown: ShownJob) -> Element:
    """Return the results: links to the files of the job, and to its model."""
    root = Element(f"{UWS}results")
    for file in shown.files:
        kind = mimetypes.guess_type(file.path)[0] or "application/octet-stream"
        result = add(root, f"{UWS}result", id=file.path, size=file.size, mime_type=kind)
        result.set(HREF, f"{shown.address}/results/{quote(file.path)}")
    if shown.model is not None:
        result = add(root, f"{UWS}result", id="model:files", mime_type="application/zip")
        result.set(HREF, f"{shown.model[1]}/files")
    return root


def _information(shown: ShownJob) -> Element:
    """Return what is told of a job that UWS has no element for: progress, model, image, where it runs."""
    root, job = Element(f"{UWS}jobInfo"), shown.job
    told: dict[str, Any] = {"module": job.module, "version": job.module_version, "reason": job.reason}
    progress = job.progress or {}
    told |= {f"progress-{name}": progress.get(name) for name in ("phase", "fraction", "message")}
    told |= {"model": shown.model[0] if shown.model else job.model, "image": job.image, "node": job.node}
    for name, value in told.items():
        if value not in (None, ""):
            add(root, f"{OURS}{name}", value)
    return root


def owner_of(job: Job) -> str | None:
    """Return the owner of a job; None for callers without a name."""
    return None if job.owner == CALLER.user else job.owner


def quote_of(job: Job) -> str:
    """Return when a running job is expected to end, as far as its progress tells; empty: nobody knows."""
    left = (job.progress or {}).get("seconds_left")
    known = job.phase is Phase.EXECUTING and isinstance(left, int | float) and 0 <= left < 10**9
    return clock.after(float(left)) if known and left is not None else ""
