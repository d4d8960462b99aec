"""What is below a job: UWS 1.1, sections 2.2.2.1 to 2.2.2.5. Values are plain text, and changed by POST."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base import clock
from dashboard.jobs.job import Phase
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import BYTES, TEXT, Endpoints
from dashboard.web.app.requests import FORM
from dashboard.web.pages.jobs.results import send_artefact
from dashboard.web.permissions import rows
from dashboard.web.uws.document import owner_of, parameters_document, quote_of, results_document
from dashboard.web.uws.given import merged
from dashboard.web.uws.jobs import address_of, change_phase, job_of, see, shown_job
from dashboard.web.vo.document import XML, text_answer, xml_answer
from dashboard.web.vo.sent import answers_errors, last, parameters_of, wrong

endpoints = Endpoints("UWS", "job")
TEXT_TYPE = "text/plain"
LONGEST_S = 2**31 - 1  # an int of XML Schema
READ = {"nameless": True, "answer": TEXT, "permission": rows.READ}
CHANGE = {
    "nameless": True,
    "action": Action.CHANGE,
    "body": TEXT,
    "body_type": FORM,
    "status": 303,
    "permission": rows.CHANGE,
}


@endpoints.get("/uws/{module}/{job}/phase", "Get the phase of a job", answer_type=TEXT_TYPE, **READ)
@answers_errors
async def uws_phase(request: web.Request) -> web.Response:
    """Answer the phase."""
    job, _ = await job_of(request)
    return text_answer(job.phase)


@endpoints.post("/uws/{module}/{job}/phase", "Run or abort a job: PHASE=RUN, PHASE=ABORT", **CHANGE)
@answers_errors
async def uws_set_phase(request: web.Request) -> web.Response:
    """Let a held job run, or abort one; one that has ended stays as it is."""
    job, terms = await job_of(request, Action.CHANGE)
    await change_phase(request, job, terms, last(await parameters_of(request), "PHASE"))
    return see(f"{address_of(request)}/{job.id}")


@endpoints.get(
    "/uws/{module}/{job}/executionduration",
    "Get the longest time that a job may run, in seconds",
    answer_type=TEXT_TYPE,
    **READ,
)
@answers_errors
async def uws_duration(request: web.Request) -> web.Response:
    """Answer the time limit; 0: none."""
    job, _ = await job_of(request)
    return text_answer(str(job.resources.walltime_s or 0))


@endpoints.post(
    "/uws/{module}/{job}/executionduration",
    "Set the longest time that a held job may run, in seconds; 0: as the module recommends",
    **CHANGE,
)
@answers_errors
async def uws_set_duration(request: web.Request) -> web.Response:
    """Take another time limit; that of a job that was told to run stays as it is.

    Parameters
    ----------
    request : web.Request
        Its form has ``EXECUTIONDURATION``.

    Raises
    ------
    Invalid, Conflict
        If it is no number of seconds, or the job is not held any more.
    """
    job, terms = await job_of(request, Action.CHANGE)
    text = last(await parameters_of(request), "EXECUTIONDURATION")
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise wrong("EXECUTIONDURATION", "must be a whole number of seconds, at least 0")
    seconds = min(int(text), LONGEST_S)
    await request.app[PLATFORM].held.give(job.id, terms, seconds, request[IDENTITY])
    return see(f"{address_of(request)}/{job.id}")


@endpoints.get(
    "/uws/{module}/{job}/destruction",
    "Get when a job is deleted; empty: never",
    answer_type=TEXT_TYPE,
    **READ,
)
@answers_errors
async def uws_destruction(request: web.Request) -> web.Response:
    """Answer the time of destruction."""
    _, terms = await job_of(request)
    return text_answer(terms.destruction or "")


@endpoints.post("/uws/{module}/{job}/destruction", "Set when a job is deleted with its files", **CHANGE)
@answers_errors
async def uws_set_destruction(request: web.Request) -> web.Response:
    """Take another time of destruction; the job's model stays.

    Parameters
    ----------
    request : web.Request
        Its form has ``DESTRUCTION``.

    Raises
    ------
    Invalid
        If it is no time.
    """
    job, _ = await job_of(request, Action.CHANGE)
    text = last(await parameters_of(request), "DESTRUCTION")
    try:
        moment = datetime.fromisoformat(text)
        wanted = clock.stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise wrong("DESTRUCTION", "must be a time such as 2027-01-31T12:00:00Z") from error
    await request.app[PLATFORM].held.destroy_at(job.id, wanted, request[IDENTITY])
    gone = wanted <= clock.now()
    return see(address_of(request) if gone else f"{address_of(request)}/{job.id}")


@endpoints.get(
    "/uws/{module}/{job}/quote",
    "Get when a job is expected to end; empty: not known",
    answer_type=TEXT_TYPE,
    **READ,
)
@answers_errors
async def uws_quote(request: web.Request) -> web.Response:
    """Answer the expected end."""
    job, _ = await job_of(request)
    return text_answer(quote_of(job))


@endpoints.get(
    "/uws/{module}/{job}/owner",
    "Get the owner of a job; empty: a caller without a token",
    answer_type=TEXT_TYPE,
    **READ,
)
@answers_errors
async def uws_owner(request: web.Request) -> web.Response:
    """Answer the owner."""
    job, _ = await job_of(request)
    return text_answer(owner_of(job) or "")


@endpoints.get("/uws/{module}/{job}/parameters", "Get the parameters of a job", answer_type=XML, **READ)
@answers_errors
async def uws_parameters(request: web.Request) -> web.Response:
    """Answer the parameters."""
    job, terms = await job_of(request)
    return xml_answer(parameters_document(job, terms))


@endpoints.post("/uws/{module}/{job}/parameters", "Give parameters for a held job", **CHANGE)
@answers_errors
async def uws_give(request: web.Request) -> web.Response:
    """Take parameters; those that were given before under the same name are replaced."""
    job, terms = await job_of(request, Action.CHANGE)
    given = await parameters_of(request)
    await request.app[PLATFORM].held.give(job.id, merged(terms, given), None, request[IDENTITY])
    return see(f"{address_of(request)}/{job.id}")


@endpoints.get("/uws/{module}/{job}/results", "Get links to the results of a job", answer_type=XML, **READ)
@answers_errors
async def uws_results(request: web.Request) -> web.Response:
    """Answer the results."""
    job, terms = await job_of(request)
    return xml_answer(results_document(await shown_job(request, job, terms)))


@endpoints.get(
    "/uws/{module}/{job}/results/{path:.+}",
    "Download a result of a job",
    audit=True,
    nameless=True,
    answer=BYTES,
    answer_type="application/octet-stream",
    permission=rows.READ,
)
async def uws_result(request: web.Request) -> web.StreamResponse:
    """Stream a file."""
    job, _ = await job_of(request)
    return await send_artefact(request, job.id, request.match_info["path"])


@endpoints.get("/uws/{module}/{job}/error", "Get why a job failed", answer_type=TEXT_TYPE, **READ)
@answers_errors
async def uws_error(request: web.Request) -> web.Response:
    """Answer the whole error; empty where there is none."""
    job, _ = await job_of(request)
    return text_answer(job.reason if job.phase is Phase.ERROR else "")
