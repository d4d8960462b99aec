"""The contract of a plain DEEPaaS module: it starts, answers its own example, and trains where it can."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from dashboard.publishing.check.contract.answers import post, ready, strict
from dashboard.publishing.check.contract.jobs import memory_of
from dashboard.publishing.check.contract.session import Session
from launchers import Handle, Mount
from launchers.spec import HOST, PORT

COMMAND = ("deepaas-run", "--listen-ip", HOST, "--listen-port", PORT)
MEND = "Answer what JSON can hold: finite numbers, texts, lists and objects."


async def check(session: Session) -> None:
    """Start the module by upstream's server and ask it; what is wrong goes into the report."""
    place = session.bench.place("serve")
    mounts = (Mount(place, "/job", read_only=False),)
    name, memory = session.module.name, max(memory_of(session.module, "inference"), 512)
    env = {"DEEPAAS_V2_MODEL": name}
    async with session.bench.serving(COMMAND, mounts, memory_mb=memory, env=env) as handle:
        with session.step("start"):
            if told := await ready(session.bench, handle, name):
                mend = f"See that `deepaas-run` starts in the image and lists {name}, within {memory} MB."
                session.found(session.error("start.failed", "start", told, mend))
        with session.step("describe"):
            await _described(session, handle)
        with session.step("predict"):
            await _predict(session, handle)
        if "train" in session.example.calls:
            with session.step("train"):
                await _train(session, handle)
        session.found(*session.secrets("serve", await session.bench.output(handle)))


async def _described(session: Session, handle: Handle) -> None:
    path = f"/v2/models/{session.module.name}/"
    for address in (path, "/swagger.json"):
        found = await _get(handle, address)
        if isinstance(found, str):
            what = f"{address}: {found}"
            mend = "Let get_metadata, get_predict_args and get_train_args return plain values."
            session.found(session.error("describe.failed", "describe", what, mend))


async def _get(handle: Handle, path: str) -> dict[str, Any] | str:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as client,
            client.get(f"{handle.address}{path}") as answer,
        ):
            body = await answer.content.read(2**22)
            return strict(body) if answer.status == 200 else f"It answered {answer.status}."
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"It did not answer: {type(error).__name__}."


async def _predict(session: Session, handle: Handle) -> None:
    call = session.example.calls["predict"]
    files: dict[str, Path] = {}
    for name, path in (call.get("files") or {}).items():
        file = session.data / path
        if file.is_symlink() or not await asyncio.to_thread(file.is_file):
            mend = "Name a file that examples/make_data.py writes."
            what = f"There is no file {path} among the example's data."
            session.found(session.error("example.file", "predict", what, mend))
            return
        files[name] = file
    path = f"/v2/models/{session.module.name}/predict/"
    answer = await post(handle, path, call.get("arguments") or {}, files)
    if isinstance(answer, str):
        session.found(session.error("predict.invalid", "predict", answer, MEND))


async def _train(session: Session, handle: Handle) -> None:
    path = f"/v2/models/{session.module.name}/train/"
    begun = await post(handle, path, session.example.calls["train"].get("arguments") or {}, {})
    if isinstance(begun, str) or not isinstance(begun.get("uuid"), str):
        what = begun if isinstance(begun, str) else "It answered no uuid."
        session.found(session.error("train.failed", "train", what, "Mend train and its arguments."))
        return
    for _ in range(session.example.walltime_s * 2):
        found = await _get(handle, f"{path}{begun['uuid']}")
        if isinstance(found, str):
            session.found(session.error("train.failed", "train", found, MEND))
            return
        if found.get("status") == "done":
            return
        if found.get("status") in {"error", "cancelled"}:
            what = f"The training failed: {str(found.get('message') or found.get('result'))[:300]}."
            session.found(session.error("train.failed", "train", what, "Mend train."))
            return
        await asyncio.sleep(0.5)  # nothing tells us
    what = f"The training did not end within {session.example.walltime_s} s."
    session.found(session.error("resources.time", "train", what, "Make the example smaller."))
