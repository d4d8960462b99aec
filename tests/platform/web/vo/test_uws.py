"""UWS 1.1 over the jobs of a platform."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from xml.etree import ElementTree

import aiohttp
import pytest
from aiohttp.test_utils import TestClient

from dashboard.auth.identity import CALLER, OWNER
from dashboard.base import clock
from dashboard.jobs.job import Job
from tests.platform.web.conftest import Site
from tests.platform.web.vo.uws_client import HREF, UWS, UwsClient, parameters, value
from tests.platform.world import add_dataset, run_on, settle, submit

#: The order of the schema's sequence (UWS 1.1, appendix A): a document in another order is not valid.
ORDER = [
    *("jobId", "runId", "ownerId", "phase", "quote", "creationTime", "startTime", "endTime"),
    *("executionDuration", "destruction", "parameters", "results", "errorSummary", "jobInfo"),
]
NEEDED = {*ORDER} - {"runId", "errorSummary"}


async def _settled(site: Site, path: str) -> Job:
    return await settle(site.platform, await site.platform.jobs.get(path.strip("/")))


def _require_valid(document: ElementTree.Element) -> None:
    names = [one.tag.removeprefix(UWS) for one in document]
    assert names == [name for name in ORDER if name in names]
    assert set(names) >= NEEDED
    assert document.attrib["version"] == "1.1"


async def test_a_job_is_held_until_it_is_told_to_run(site: Site, uws: UwsClient) -> None:
    dataset = await add_dataset(site.platform)
    path = await uws.post(RUNID="night 7", DATASET=dataset, EPOCHS="9")
    await site.platform.supervisor.reconcile()
    held = await uws.xml(path)
    _require_valid(held)
    assert value(held, "phase") == "PENDING"
    assert value(held, "runId") == "night 7"
    assert value(held, "ownerId") == "owner"
    assert [value(held, name) for name in ("startTime", "endTime", "quote", "destruction")] == [None] * 4
    assert site.world.started() == []
    assert await uws.post(f"{path}/parameters", epochs="21", rate="0.25") == path  # no matter the case
    assert parameters(await uws.xml(path)) == {"DATASET": dataset, "EPOCHS": "21", "RATE": "0.25"}
    assert await uws.post(f"{path}/phase", PHASE="RUN") == path
    job = await _settled(site, path)
    assert job.parameters == {"epochs": 21, "rate": 0.25}
    assert job.label == "night 7"
    done = await uws.xml(path)
    _require_valid(done)
    assert value(done, "phase") == "COMPLETED"
    assert value(done, "startTime")
    assert value(done, "endTime")
    assert done.find(f"{UWS}jobInfo/{{urn:huggins:job}}model") is not None


async def test_results_are_links_that_answer(site: Site, uws: UwsClient) -> None:
    path = await uws.post(DATASET=await add_dataset(site.platform), PHASE="RUN")
    await _settled(site, path)
    results = {one.attrib["id"]: one.attrib[HREF] for one in await uws.xml(f"{path}/results")}
    assert {"summary.json", "model:files"} <= results.keys()
    for address in results.values():
        answer = await site.stranger.get("/" + address.split("/", 3)[3], headers=uws.headers)
        assert answer.status == 200, address
        assert await answer.read()


async def test_what_is_held_survives_a_restart(site: Site, uws: UwsClient) -> None:
    path = await uws.post(DATASET=await add_dataset(site.platform), EPOCHS="9")
    await uws.post(f"{path}/executionduration", EXECUTIONDURATION="600")
    await uws.post(f"{path}/destruction", DESTRUCTION="2099-01-01T00:00:00Z")
    await site.world.close()
    again = await site.world.platform()
    job, terms = await again.held.get(path.strip("/"), OWNER)
    assert (job.phase, job.resources.walltime_s) == ("PENDING", 600)
    assert terms.given["EPOCHS"] == "9"
    assert terms.destruction == "2099-01-01T00:00:00.000Z"


async def test_values_are_plain_text(site: Site, uws: UwsClient) -> None:
    path = await uws.post(DATASET=await add_dataset(site.platform))
    for name, text in {
        "phase": "PENDING",
        "owner": "owner",
        "executionduration": "0",
        "destruction": "",
        "quote": "",
        "error": "",
    }.items():
        answer = await uws.get(f"{path}/{name}")
        assert answer.content_type == "text/plain"
        assert await answer.text() == text
    await uws.post(f"{path}/executionduration", EXECUTIONDURATION="600")
    assert await uws.text(f"{path}/executionduration") == "600"
    await uws.post(f"{path}/phase", PHASE="RUN")
    assert (await site.platform.jobs.get(path.strip("/"))).resources.walltime_s == 600


async def test_forms_of_both_kinds_and_the_address_are_read(site: Site, uws: UwsClient) -> None:
    dataset = await add_dataset(site.platform)
    form = aiohttp.FormData({"EPOCHS": "9", "DATASET": dataset}, default_to_multipart=True)
    answer = await site.stranger.post(
        "/uws/toy?RATE=0.25", data=form, headers=uws.headers, allow_redirects=False
    )
    path = answer.headers["Location"].partition("/uws/toy")[2]
    assert parameters(await uws.xml(path)) == {"EPOCHS": "9", "DATASET": dataset, "RATE": "0.25"}
    await uws.post(f"{path}/phase?PHASE=RUN")
    assert (await site.platform.jobs.get(path.strip("/"))).phase == "QUEUED"


async def test_aborting_ends_a_job_and_again_changes_nothing(site: Site, uws: UwsClient) -> None:
    site.world.behave = run_on
    held = await uws.post(DATASET=await add_dataset(site.platform))
    running = await uws.post(DATASET=await add_dataset(site.platform), PHASE="RUN")
    await _settled(site, running)
    assert await uws.text(f"{running}/phase") == "EXECUTING"
    for path in (held, running):
        await uws.post(f"{path}/phase", PHASE="ABORT")
        await _settled(site, path)
        ended = value(await uws.xml(path), "endTime")
        assert await uws.text(f"{path}/phase") == "ABORTED"
        assert ended
        await uws.post(f"{path}/phase", PHASE="ABORT")
        assert value(await uws.xml(path), "endTime") == ended


async def test_a_deleted_job_is_gone_at_once_and_with_its_files(site: Site, uws: UwsClient) -> None:
    site.world.behave = run_on
    running = await uws.post(DATASET=await add_dataset(site.platform), PHASE="RUN")
    await _settled(site, running)
    held = await uws.post()
    assert await uws.delete(running) == ""
    assert await uws.post(held, ACTION="DELETE") == ""
    assert await uws.listed() == []
    for path in (running, held):
        await uws.get(path, status=404)
    await site.platform.supervisor.reconcile()
    await site.platform.supervisor.reconcile()
    await site.platform.destruction.destroy_due()
    for path in (running, held):
        assert not (site.platform.jobs.folder / path.strip("/")).exists()
    answer = await site.stranger.get(f"/jobs{running}", headers=site.json)
    assert answer.status == 404


async def test_a_job_is_destroyed_when_its_time_has_come(site: Site, uws: UwsClient) -> None:
    path = await uws.post(DATASET=await add_dataset(site.platform), PHASE="RUN")
    await _settled(site, path)
    assert await uws.post(f"{path}/destruction", DESTRUCTION="2099-01-01") == path
    await site.platform.destruction.destroy_due()
    assert await uws.text(f"{path}/destruction") == "2099-01-01T00:00:00.000Z"
    await uws.post(f"{path}/destruction", DESTRUCTION=clock.after(-1))
    await site.platform.destruction.destroy_due()
    await uws.get(path, status=404)
    job = path.strip("/")
    assert await site.platform.jobs.deleted([job]) == {job}


async def test_the_list_is_filtered_and_newest_first(site: Site, uws: UwsClient) -> None:
    first = (await uws.post()).strip("/")
    await asyncio.sleep(0.002)  # another millisecond: times have no more
    second = (await uws.post(DATASET=await add_dataset(site.platform), PHASE="RUN")).strip("/")
    document = await uws.xml()
    assert document.tag == f"{UWS}jobs"
    assert document.attrib["version"] == "1.1"
    assert {one.tag for one in document} == {f"{UWS}jobref"}
    assert [one.attrib["id"] for one in document] == [second, first]
    assert value(document[1], "phase") == "PENDING"
    created = value(document[1], "creationTime")
    assert await uws.listed(LAST="1") == [second]
    assert await uws.listed(LAST="0") == []
    assert await uws.listed(PHASE="PENDING") == [first]
    assert await uws.listed(PHASE=["PENDING", "QUEUED"]) == [second, first]
    assert await uws.listed(PHASE="ARCHIVED") == []
    assert await uws.listed(AFTER=created) == [second]  # later, not at the same time
    for early in ("2015", "20151026", "2015-10-26", "2015-10-26 09:00", "2015-10-26T09:00:00Z"):
        assert await uws.listed(AFTER=early, PHASE="PENDING", LAST="5") == [first]
    made_otherwise = await submit(site.platform)
    assert (await uws.listed())[0] == made_otherwise.id
    assert parameters(await uws.xml(f"/{made_otherwise.id}"))["epochs"] == "10"


@pytest.mark.parametrize(
    "query",
    [
        {"PHASE": "RUNNING"},
        {"LAST": "-1"},
        {"LAST": "some"},
        {"LAST": "१"},
        {"AFTER": "yesterday"},
        {"AFTER": "2015-10-26T09:00 01:00"},
        {"AFTER": "0001-01-01T00:00:00+23:59"},
    ],
)
async def test_a_wrong_filter_is_400(uws: UwsClient, query: dict[str, str]) -> None:
    text = await (await uws.get(status=400, **query)).text()
    assert next(iter(query)) in text


async def test_what_cannot_be_run_ends_as_an_error_that_names_the_fields(site: Site, uws: UwsClient) -> None:
    path = await uws.post(EPOCHS="1000000", NOTHING="1")
    await uws.post(f"{path}/phase", PHASE="RUN")
    document = await uws.xml(path)
    _require_valid(document)
    assert value(document, "phase") == "ERROR"
    told = await uws.text(f"{path}/error")
    assert document.findtext(f"{UWS}errorSummary/{UWS}message") == told
    assert all(name in told for name in ("dataset", "parameters.epochs", "NOTHING"))
    assert "RECIPE is no JSON" in await _error_of(uws, RECIPE="[1")
    assert "nothing" in await _error_of(uws, DATASET="nothing")


async def _error_of(uws: UwsClient, **given: str) -> str:
    return await uws.text(f"{await uws.post(PHASE='RUN', **given)}/error")


async def test_what_was_never_checked_cannot_be_retried(site: Site, uws: UwsClient) -> None:
    failed = await uws.post(PHASE="RUN")
    aborted = await uws.post()
    await uws.post(f"{aborted}/phase", PHASE="ABORT")
    await site.platform.supervisor.reconcile()
    for path in (failed, aborted):
        answer = await site.stranger.post(f"/jobs{path}/retry", headers=site.json)
        assert answer.status == 409


async def test_requests_that_the_state_forbids_are_403(site: Site, uws: UwsClient) -> None:
    path = await uws.post(DATASET=await add_dataset(site.platform), PHASE="RUN")
    for below, form in {
        "/phase": {"PHASE": "RUN"},
        "/parameters": {"EPOCHS": "3"},
        "/executionduration": {"EXECUTIONDURATION": "5"},
        "": {"EPOCHS": "3"},
    }.items():
        assert "QUEUED" in await uws.post(path + below, status=403, **form)


@pytest.mark.parametrize(
    ("below", "form"),
    [
        ("/phase", {"PHASE": "SUSPEND"}),
        ("/phase", {}),
        ("/executionduration", {"EXECUTIONDURATION": "-1"}),
        ("/executionduration", {"EXECUTIONDURATION": "soon"}),
        ("/destruction", {"DESTRUCTION": "never"}),
        ("", {"ACTION": "BURN"}),
    ],
)
async def test_a_wrong_value_is_400(uws: UwsClient, below: str, form: dict[str, str]) -> None:
    path = await uws.post()
    assert "UsageError" in await uws.post(path + below, status=400, **form)


async def test_what_is_unknown_or_of_others_is_404(site: Site, uws: UwsClient) -> None:
    path = await uws.post(DATASET=await add_dataset(site.platform))
    other = UwsClient(site.stranger, await _signed_in(site, "other"))
    assert await other.listed() == []
    for below in ("", "/phase", "/parameters", "/results", "/results/log.txt", "/error", "/owner", "/quote"):
        await other.get(path + below, status=404)
    for below in ("/phase", "/parameters", "/destruction", "/executionduration", ""):
        await other.post(path + below, status=404, PHASE="RUN")
    await other.delete(path, status=404)
    await uws.get("/unknown", status=404)
    await UwsClient(site.stranger, uws.headers, "/uws/other").get(status=404)
    await UwsClient(site.stranger, uws.headers, "/uws/other").get(path, status=404)
    assert await uws.text(f"{path}/phase") == "PENDING"


async def test_nobody_comes_in_without_a_token(site: Site) -> None:
    stranger = UwsClient(site.stranger, {})
    await stranger.get(status=401)
    await stranger.post(status=401)


async def test_by_setting_callers_without_a_token_are_one_user(open_to_all: Site) -> None:
    site = open_to_all
    owners = UwsClient(site.stranger, {"Authorization": f"Bearer {site.token}"})
    private = await owners.post()
    dataset = await add_dataset(site.platform, owner=CALLER.user)
    stranger = UwsClient(site.stranger, {"Authorization": "Basic Og=="})  # an empty name and password
    path = await stranger.post(DATASET=dataset, PHASE="RUN")
    await stranger.get(private, status=404)
    assert await stranger.listed() == [path.strip("/")]
    document = await stranger.xml(path)
    assert value(document, "ownerId") is None
    assert await stranger.text(f"{path}/owner") == ""
    assert str(value(document, "destruction")) > clock.after(80_000)
    await _settled(site, path)
    summary = await stranger.get(f"{path}/results/summary.json")
    assert b"accuracy" in await summary.read()
    assert (await site.stranger.get("/jobs", headers={"Accept": "application/json"})).status == 401


async def test_waiting_ends_with_a_change_of_phase(site: Site, uws: UwsClient) -> None:
    path = await uws.post(DATASET=await add_dataset(site.platform))
    async with TestClient(site.stranger.server, connector=aiohttp.TCPConnector(limit=0)) as many:
        await _wait_for_a_phase(uws, replace(uws, client=many), path)


async def _wait_for_a_phase(uws: UwsClient, many: UwsClient, path: str) -> None:
    waiting = [asyncio.create_task(many.xml(path, WAIT="-1")) for _ in range(200)]
    known = asyncio.create_task(many.xml(path, WAIT="30", PHASE="PENDING"))
    assert value(await uws.xml(path, WAIT="30", PHASE="QUEUED"), "phase") == "PENDING"  # at once
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in [*waiting, known])
    await uws.post(f"{path}/phase", PHASE="RUN")
    for document in await asyncio.wait_for(asyncio.gather(known, *waiting), 20):
        assert value(document, "phase") == "QUEUED"


async def test_waiting_is_limited_and_not_for_jobs_that_have_ended(site: Site, uws: UwsClient) -> None:
    settings = site.platform.settings
    site.platform.settings = replace(settings, vo=replace(settings.vo, wait_s=1))
    path = await uws.post(DATASET=await add_dataset(site.platform))
    began = asyncio.get_running_loop().time()
    document = await asyncio.wait_for(uws.xml(path, WAIT="100000000000000000"), 20)
    assert value(document, "phase") == "PENDING"
    assert asyncio.get_running_loop().time() - began >= 1
    site.platform.settings = settings
    await uws.post(f"{path}/phase", PHASE="RUN")
    await _settled(site, path)
    document = await asyncio.wait_for(uws.xml(path, WAIT="-1"), 20)
    assert value(document, "phase") == "COMPLETED"


@pytest.mark.parametrize("wait", ["-2", "soon", "1.5", "²", "--1", "9" * 30])
async def test_a_wrong_wait_is_400(uws: UwsClient, wait: str) -> None:
    path = await uws.post()
    assert "WAIT" in await (await uws.get(path, status=400, WAIT=wait)).text()


async def test_texts_of_clients_cannot_become_elements(uws: UwsClient) -> None:
    bad = '</uws:runId><uws:phase>COMPLETED</uws:phase>&x; ]]> \x00\x0b\ufffe"'
    path = await uws.post(RUNID=bad, **{'A"><b/>': bad})
    document = await uws.xml(path)
    _require_valid(document)
    shown = bad.replace("\x00", "\ufffd").replace("\x0b", "\ufffd").replace("\ufffe", "\ufffd")
    assert value(document, "runId") == shown
    assert parameters(document) == {'A"><B/>': shown}
    assert value((await uws.xml())[0], "runId") == shown


async def test_only_so_much_can_be_given(uws: UwsClient) -> None:
    await uws.post(status=400, LABEL="x" * 100_001)
    path = await uws.post()
    for name in range(10):
        await uws.post(f"{path}/parameters", **{f"P{name}": "x" * 99_000})
    assert "1000000" in await uws.post(f"{path}/parameters", status=400, MORE="x" * 99_000)


async def _signed_in(site: Site, user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {await site.platform.sessions.open(user)}"}
