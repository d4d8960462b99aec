"""Lists of jobs, and one job: UWS 1.1, sections 2.2.2 and 2.2.3."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from urllib.parse import quote

from aiohttp import web
from yarl import URL

from dashboard.auth.policy import Action
from dashboard.base import clock
from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound, ServiceError
from dashboard.jobs.job import Job, Phase
from dashboard.jobs.store.held_jobs import Terms
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.app.requests import FORM
from dashboard.web.permissions import rows
from dashboard.web.snippets.origin import origin_of
from dashboard.web.uws.document import ShownJob, job_document, list_document
from dashboard.web.uws.given import merged, request_of
from dashboard.web.uws.waiting import seconds_of, waited
from dashboard.web.vo.document import XML, xml_answer
from dashboard.web.vo.sent import answers_errors, last, parameters_of

endpoints = Endpoints("UWS", "job")
MOST_LISTED = 10_000
DAY_S = 86_400
RUN = "RUN"


@endpoints.get(
    "/uws/{module}",
    "List the jobs of a module as UWS 1.1; PHASE, AFTER and LAST choose",
    nameless=True,
    answer=TEXT,
    answer_type=XML,
    permission=rows.LIST,
)
@answers_errors
async def uws_list(request: web.Request) -> web.Response:
    """Answer the job list."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    module = platform.modules.get(request.match_info["module"], identity).name
    given = await parameters_of(request)
    phases = tuple(_phase(text) for text in given.get("PHASE", ()) if text)
    limit = min(_last(last(given, "LAST")), MOST_LISTED)
    after = _after(last(given, "AFTER"))
    # A list of length 0 needs no query.
    found = await platform.held.newest(module, phases, after, limit, identity) if limit else []
    return xml_answer(list_document(found, address_of(request)))


@endpoints.post(
    "/uws/{module}",
    "Create a job by UWS 1.1: held, or with PHASE=RUN queued",
    nameless=True,
    body=TEXT,
    body_type=FORM,
    status=303,
    permission=rows.CREATE,
)
@answers_errors
async def uws_create(request: web.Request) -> web.Response:
    """Make a job of the parameters, and go to it.

    Parameters
    ----------
    request : web.Request
        Its form has the parameters.

    Raises
    ------
    Invalid, Conflict
        If a parameter is no text, it is to run at once and may not, or its owner holds too many jobs.
    """
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    module = platform.modules.get(request.match_info["module"], identity)
    given = await parameters_of(request)
    phase = last(given, "PHASE").upper()
    if phase not in {"", RUN}:
        raise _no_phase(phase, RUN)
    keep = platform.settings.vo.keep_days
    terms = merged(Terms(destruction=clock.after(keep * DAY_S) if keep else None), given)
    job = await platform.held.hold(module.name, module.version, terms, identity)
    if phase == RUN:
        try:
            await run(request, job, terms)
        except ServiceError:  # nothing was asked to be held
            await platform.held.destroy_at(job.id, clock.now(), identity)
            raise
    return see(f"{address_of(request)}/{job.id}")


@endpoints.get(
    "/uws/{module}/{job}",
    "Get a job as UWS 1.1; with WAIT when its phase has changed",
    nameless=True,
    answer=TEXT,
    answer_type=XML,
    permission=rows.READ,
)
@answers_errors
async def uws_job(request: web.Request) -> web.Response:
    """Answer a job."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    given = await parameters_of(request)
    job, terms = await job_of(request)
    if "WAIT" in given:
        seconds = seconds_of(last(given, "WAIT"), float(platform.settings.vo.wait_s))
        phase = last(given, "PHASE")
        wanted = str(_phase(phase)) if phase else ""
        job, terms = await waited(request, job.id, wanted, seconds, identity)
    return xml_answer(job_document(await shown_job(request, job, terms)))


@endpoints.post(
    "/uws/{module}/{job}",
    "Delete a job by ACTION=DELETE, or change what is given for one that is held",
    nameless=True,
    action=Action.CHANGE,
    body=TEXT,
    body_type=FORM,
    status=303,
    permission=rows.CHANGE,
)
@answers_errors
async def uws_change(request: web.Request) -> web.Response:
    """Delete a job for clients that have no DELETE (UWS 1.1, section 2.2.3.2), or take parameters.

    Parameters
    ----------
    request : web.Request
        Its form has ``ACTION``, ``PHASE`` or parameters.

    Raises
    ------
    Invalid, Conflict
        If a value is wrong, or the phase of the job does not allow it.
    """
    given = await parameters_of(request)
    job, terms = await job_of(request, Action.CHANGE)
    action = last(given, "ACTION").upper()
    if action == "DELETE":
        return await _delete(request, job)
    if action:
        raise Invalid(f"ACTION={action[:40]} is not known: it must be DELETE.")
    if "PHASE" in given:
        await change_phase(request, job, terms, last(given, "PHASE"))
    elif given:
        identity = request[IDENTITY]
        await request.app[PLATFORM].held.give(job.id, merged(terms, given), None, identity)
    return see(f"{address_of(request)}/{job.id}")


@endpoints.delete(
    "/uws/{module}/{job}",
    "Delete a job by UWS 1.1; one that runs is aborted",
    nameless=True,
    status=303,
    permission=rows.CHANGE,
)
@answers_errors
async def uws_delete(request: web.Request) -> web.Response:
    """Delete a job."""
    job, _ = await job_of(request, Action.DELETE)
    return await _delete(request, job)


async def _delete(request: web.Request, job: Job) -> web.Response:
    """Let nobody see the job any more, and delete it, at once if it has ended."""
    platform = request.app[PLATFORM]
    await abort(request, job)
    await platform.held.destroy_at(job.id, clock.now(), request[IDENTITY])
    await platform.destruction.destroy(await platform.jobs.get(job.id))
    return see(address_of(request))


async def job_of(request: web.Request, action: Action = Action.READ) -> tuple[Job, Terms]:
    """Return the job that a path names, of the module that it names.

    Parameters
    ----------
    request : web.Request
        Its path.
    action : Action
        What is to be done with it: a token that may change jobs need not be one that reads.

    Raises
    ------
    NotFound
        If there is none that the identity may see.
    """
    platform, named = request.app[PLATFORM], request.match_info
    job, terms = await platform.held.get(named["job"], request[IDENTITY], action)
    if job.module != named["module"]:
        raise NotFound(f"There is no job {named['job']} of the module {named['module']}.")
    return job, terms


async def change_phase(request: web.Request, job: Job, terms: Terms, phase: str) -> None:
    """Let a held job run, or abort one.

    Raises
    ------
    Conflict
        If it is to run and is not held.
    Invalid
        If the phase is none of both.
    """
    if phase.upper() == RUN:
        await run(request, job, terms)
    elif phase.upper() == "ABORT":
        await abort(request, job)
    else:
        raise _no_phase(phase, "RUN, ABORT")


async def abort(request: web.Request, job: Job) -> None:
    """End a held job at once; request the abort of one that was told to run. One that has ended stays so."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    with contextlib.suppress(Conflict):  # its phase has changed meanwhile: it runs, or has ended
        if job.phase is Phase.PENDING:
            await platform.held.end(job.id, Phase.ABORTED, f"aborted by {identity.user}", identity)
            return
    with contextlib.suppress(Conflict):
        if not job.final:
            await platform.abort(job.id, identity)


async def run(request: web.Request, job: Job, terms: Terms) -> None:
    """Check what was given for a held job, and put it into the queue; errors as `Platform.run_held`."""
    platform = request.app[PLATFORM]
    described = await platform.modules.descriptions.of(job.module)
    try:
        wanted = request_of(job.module, terms, described, job.resources.walltime_s)
    except Invalid as error:
        await platform.held.end(job.id, Phase.ERROR, error.detail, request[IDENTITY])
        return
    await platform.run_held(job.id, wanted, request[IDENTITY])


async def shown_job(request: web.Request, job: Job, terms: Terms) -> ShownJob:
    """Return a job with what its document tells beside its row.

    Parameters
    ----------
    request : web.Request
        Gives the platform, the identity and addresses.
    job, terms : Job, Terms
        The job.
    """
    platform = request.app[PLATFORM]
    address = f"{address_of(request)}/{job.id}"
    if not job.final:
        return ShownJob(job, terms, address)
    files = await platform.jobs.artefacts(job.id)
    newest = files[-1].attempt if files else ""
    attempts = await platform.jobs.attempts(job.id)
    newest = attempts[-1].id if attempts else newest
    model = await platform.models.of_job(job.id, request[IDENTITY])
    return ShownJob(
        job,
        terms,
        address,
        tuple(file for file in files if file.attempt == newest),
        None if model is None else (model.id, f"{origin_of(request)}/models/{model.id}"),
    )


def address_of(request: web.Request) -> str:
    """Return the address of the job list that a path names or is below."""
    return f"{origin_of(request)}/uws/{quote(request.match_info['module'], safe='')}"


def see(address: str) -> web.Response:
    """Return the answer to a change: look there (303)."""
    place = str(URL(address, encoded=True))
    return web.Response(status=303, headers={"Location": place, "Cache-Control": "no-store"})


def _phase(text: str) -> Phase:
    try:
        return Phase(text.strip().upper())
    except ValueError as error:
        raise _no_phase(text, ", ".join(Phase)) from error


def _no_phase(text: str, allowed: str) -> Invalid:
    message = f"must be among {allowed}"
    return Invalid(f"PHASE={text[:40]}: {message}.", [FieldError("PHASE", message)])


def _last(text: str) -> int:
    if not text:
        return MOST_LISTED
    if not (text.isascii() and text.isdecimal()):
        raise Invalid(f"LAST={text[:40]} must be a number of jobs.", [FieldError("LAST", "must be a number")])
    return int(text[:9])


def _after(text: str) -> str:
    """Return a stamp of ``AFTER``: any ISO 8601 time (DALI 1.1, section 3.3.3), UTC unless it says so."""
    if not text:
        return ""
    try:
        whole = f"{text}-01-01" if len(text) == len("2015") and text.isdecimal() else text
        moment = datetime.fromisoformat(whole)
        return clock.stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        message = "must be a time such as 2026-10-26T09:00:00"
        raise Invalid(f"AFTER={text[:40]}: {message}.", [FieldError("AFTER", message)]) from error
