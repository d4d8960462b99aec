"""Asks a trained model: by a job over the example, and by the serving runtime."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from dashboard.publishing.check.contract.bench import GOING, Bench
from dashboard.publishing.check.contract.jobs import Job, memory_of
from dashboard.publishing.check.contract.session import Session
from dashboard.publishing.check.contract.training import COMMAND
from jobfolder import names
from launchers import Handle, Mount
from launchers.spec import HOST, PORT

READY_S = 180.0
ANSWER_LIMIT = 32 * 2**20
PREDICTIONS = "predictions.csv"
#: Columns of predictions that are numbers where they are there.
NUMBERS = ("probability", "value", "sigma")
SERVE = ("python", "-m", "deepaas_plugins.serve", "--host", HOST, "--port", PORT, "--notrain-endpoint")
MEND = "Let Model.predict answer finite numbers for every row: floats of JSON, no NaN, no infinity."


async def predict(session: Session, trained: Job) -> None:
    """Predict the whole example by a job, and judge the table of predictions."""
    model = trained.folder / names.OUT / "model"
    job = Job(session.bench.place("predict"), session.data, model=model)
    job.write(session.module, session.example)
    memory, walltime = memory_of(session.module, "inference"), session.example.walltime_s
    ran = await session.bench.run(COMMAND, job.mounts, walltime_s=walltime, memory_mb=max(memory, 1024))
    if session.found(*session.limits("predict", ran, memory, walltime)):
        return
    end = job.exit()
    if end.get("outcome") != names.COMPLETED:
        what = f"The prediction failed: {str(end.get('reason') or ran.last_line)[:400]}"
        session.found(session.error("predict.failed", "predict", what, "Mend Method.load and Model.predict."))
        return
    for told in _wrong_rows(job):
        session.found(session.error("predict.invalid", "predict", told, MEND))


def _wrong_rows(job: Job) -> Iterator[str]:
    text = job.out.read(PREDICTIONS, ANSWER_LIMIT).decode("utf-8", "replace")
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows:
        yield "It predicted no spectrum."
        return
    columns = [name for name in rows[0] if name in NUMBERS or name.startswith("p_")]
    said = [name for name in rows[0] if name in {"label", "value", *columns}]
    for number, row in enumerate(rows, 1):
        if said and all(not row[name] for name in said):
            yield f"Row {number} has no answer."
            return
        for name in columns:
            if row[name] and not _finite(row[name]):
                yield f"Row {number}: {name} is {row[name]}, no finite number."
                return
        shares = [float(row[name]) for name in columns if name.startswith("p_") and row[name]]
        if shares and (min(shares) < -1e-6 or abs(sum(shares) - 1.0) > 1e-3):
            yield f"Row {number}: the probabilities sum to {sum(shares):.4g}, not to 1."
            return


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


async def serve(session: Session, trained: Job) -> None:
    """Serve the model, and post a spectrum to it twice."""
    file = await asyncio.to_thread(_a_file, session.data)
    if file is None:
        return
    place = session.bench.place("serve")
    (place / "model").mkdir()
    mounts = (
        Mount(place, "/job", read_only=False),
        Mount(trained.folder / names.OUT / "model", "/job/model"),
    )
    memory = max(memory_of(session.module, "inference"), 512)
    env = {"DEEPAAS_V2_MODEL": session.module.name, "HUGGINS_MODEL": "model"}
    async with session.bench.serving(SERVE, mounts, memory_mb=memory, env=env) as handle:
        if told := await ready(session.bench, handle, session.module.name):
            mend = f"See that `{' '.join(SERVE[:3])}` starts in the image, within {memory} MB."
            session.found(session.error("serve.failed", "serve", told, mend))
            return
        path = f"/v2/models/{session.module.name}/predict/"
        answers = [await post(handle, path, {}, {"data": file}) for _ in range(2)]
        for answer in answers:
            if isinstance(answer, str):
                session.found(session.error("serve.answer", "serve", answer, MEND))
                return
        session.found(*session.secrets("serve", await session.bench.output(handle)))


def _a_file(folder: Path) -> Path | None:
    """Return a spectrum of the example: the first with a label, else the first file that looks like one."""
    labels = folder / "labels.csv"
    if labels.is_file() and not labels.is_symlink():
        first = labels.read_text("utf-8", "replace")[:4096].splitlines()[1:2]
        named = folder / next(iter(first), "").split(",")[0]
        if first and named.is_file() and not named.is_symlink() and named.parent == folder:
            return named
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return next((path for path in files if path.suffix in {".fits", ".fit", ".gz", ".h5"}), None)


async def ready(bench: Bench, handle: Handle, name: str) -> str:
    """Wait until a server lists a module; return why it does not, or an empty text.

    Parameters
    ----------
    bench : Bench
        Where it runs.
    handle : Handle
        Of the server.
    name : str
        Of the module.

    Returns
    -------
    str
        One sentence.
    """
    started, said = time.monotonic(), "it does not listen"
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        while time.monotonic() - started < READY_S:
            if (await bench.launcher.status(handle)).state not in GOING:
                lines = [line for line in (await bench.output(handle)).splitlines() if line.strip()]
                return f"The server ended: {lines[-1][:300] if lines else 'it printed nothing'}."
            try:
                async with client.get(f"{handle.address}/v2/models/") as answer:
                    listed = await answer.json() if answer.status == 200 else {}
                    models = [one.get("id") for one in listed.get("models", ())]
                    if name in models:
                        return ""
                    said = f"it lists {', '.join(map(str, models)) or 'no module'}"
            except (aiohttp.ClientError, TimeoutError, ValueError, AttributeError) as error:
                said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            await asyncio.sleep(0.3)  # nothing tells us
    return f"The server was not ready within {READY_S:g} s: {said}."


async def post(
    handle: Handle, path: str, arguments: Mapping[str, Any], files: Mapping[str, Path]
) -> dict[str, Any] | str:
    """Post to a server and return its JSON object, or what is wrong with its answer in one sentence.

    Parameters
    ----------
    handle : Handle
        Of the server.
    path : str
        With a leading slash.
    arguments : mapping
        Of the query.
    files : mapping of str to Path
        Fields that are files.

    Returns
    -------
    dict or str
        The answer, or a sentence.
    """
    form = aiohttp.FormData()
    for name, file in files.items():
        form.add_field(name, await asyncio.to_thread(file.read_bytes), filename=file.name)
    query = {name: str(value) for name, value in arguments.items()}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as client,
            client.post(f"{handle.address}{path}", params=query, data=form if files else None) as answer,
        ):
            body = await answer.content.read(ANSWER_LIMIT)
            if answer.status != 200:
                return f"It answered {answer.status}: {body[:300].decode('utf-8', 'replace')}."
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"It did not answer: {type(error).__name__}."
    return strict(body)


def strict(body: bytes) -> dict[str, Any] | str:
    """Return a JSON object whose numbers are finite, or what is wrong in one sentence."""
    strange: list[str] = []

    def constant(text: str) -> None:
        strange.append(text)

    try:
        found = json.loads(body, parse_constant=constant)
    except (ValueError, RecursionError):
        return f"It answered no JSON: {body[:100].decode('utf-8', 'replace')}."
    if strange:
        return f"It answered {strange[0]}, which is no number of JSON."
    if not isinstance(found, dict):
        return "It answered no JSON object."
    if "predictions" in found and isinstance(found["predictions"], dict):
        results = found["predictions"].get("results")
        if isinstance(results, list) and not results:
            return f"It rejected the example: {json.dumps(found['predictions'].get('rejected'))[:300]}."
    return found
