"""What a client does, as generators: they yield a request or a wait, and are sent the answer."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from huggins_client.http import HugginsError, Request, Response, Wait, form, json_body, place
from huggins_client.objects import Answer, Dataset, Job, Module
from huggins_client.spectrum import Spectrum

T = TypeVar("T")
Steps = Generator[Request | Wait, Response, T]
Files = Sequence[str | Path | Spectrum]

LOOK_S = 0.5
EXPORTED = 100  # spectra of one export


def get(path: str, **query: Any) -> Steps[Any]:
    """Read JSON."""
    return (yield Request("GET", path, query)).json


def post(path: str, body: Any = None, **query: Any) -> Steps[Any]:
    """Send JSON."""
    return (yield Request("POST", path, query, () if body is None else json_body(body))).json


def modules(words: str = "") -> Steps[list[Module]]:
    """Search the market."""
    return [Module.of(told) for told in (yield from get("/", q=words))["modules"]]


def upload(paths: Files, name: str, labels: Mapping[str, str] | None, kind: str) -> Steps[Dataset]:
    """Upload files, folders or spectra as a new dataset, and wait until it is read."""
    dataset = (yield from post("/data", {"name": name, "kind": kind}))["dataset"]["id"]
    said = dict(labels or {})
    for path, content in _contents(paths, said):
        address = place("data", dataset, "files") + "".join(place(part) for part in path.split("/"))
        yield Request("PUT", address, pieces=(content,), kind="application/octet-stream")
    yield from post(f"/data/{dataset}/done")
    while (found := (yield from get(f"/data/{dataset}"))["dataset"])["state"] == "indexing":
        yield Wait(LOOK_S)
    if found["state"] != "ready":
        raise HugginsError(422, found["reason"])
    if said:
        yield from label(dataset, said)
        found = (yield from get(f"/data/{dataset}"))["dataset"]
    return Dataset.of(found)


def datasets(words: str = "") -> Steps[list[Dataset]]:
    """List datasets."""
    return [Dataset.of(told) for told in (yield from get("/data", q=words))["datasets"]]


def label(dataset: str, labels: Mapping[str, str]) -> Steps[int]:
    """Set classes by name or path of the spectra; return how many changed."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([("name", "label"), *labels.items()])
    path = place("data", dataset, "labels")
    answer = yield Request("POST", path, pieces=(text.getvalue().encode(),), kind="text/csv")
    return int(answer.json["changed"])


def cache(dataset: str) -> Steps[dict[str, Any]]:
    """Return what of a reference dataset is here."""
    return dict((yield from get(place("data", dataset, "cache")))["cache"])


def pin(dataset: str, *, wait: bool) -> Steps[dict[str, Any]]:
    """Copy a reference dataset, and wait for the end if asked to."""
    found = (yield from post(place("data", dataset, "pin")))["cache"]
    while wait and found["holding"] == "pinning":
        yield Wait(LOOK_S)
        found = yield from cache(dataset)
    return dict(found)


def release(dataset: str, what: str) -> Steps[dict[str, Any]]:
    """Give the copies of a reference dataset to the cache (``pin``), or drop what is cached (``cache``)."""
    return dict((yield Request("DELETE", place("data", dataset, what))).json["cache"])


def spectra(dataset: str, numbers: Sequence[int]) -> Steps[list[Spectrum]]:
    """Return spectra of a dataset at full resolution."""
    found: list[Spectrum] = []
    for start in range(0, len(numbers), EXPORTED):
        some = ",".join(map(str, numbers[start : start + EXPORTED]))
        path = place("data", dataset, "export")
        answer = yield Request("GET", path, {"numbers": some, "format": "csv"}, accept="text/csv")
        found += Spectrum.read_csv(answer.body.decode())
    return found


def train(module: str, dataset: str, parameters: Mapping[str, Any], more: Mapping[str, Any]) -> Steps[Job]:
    """Start a training."""
    body = {"module": module, "dataset": dataset, "parameters": dict(parameters), **more}
    return Job.of((yield from post("/jobs", body))["job"])


def job(identifier: str) -> Steps[Job]:
    """Return a job as it is now."""
    told = yield from get(place("jobs", identifier))
    return Job.of(told["job"], told.get("model"))


def follow(identifier: str, progress: Callable[[Job], object] | None, timeout_s: float | None) -> Steps[Job]:
    """Wait for the end of a job; an error of the job is an error here."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        found = yield from job(identifier)
        if progress is not None:
            progress(found)
        if found.phase in ("ERROR", "ABORTED"):
            raise HugginsError(0, f"The job {identifier} is {found.phase}: {found.reason}", found.raw)
        if found.ended:
            return found
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError(f"The job {identifier} has not ended within {timeout_s} s")
        yield Wait(LOOK_S)


def log(identifier: str) -> Steps[str]:
    """Return the log of a job as far as it goes."""
    return str((yield from get(place("jobs", identifier, "log"))).get("text", ""))


def deploy(name: str, served: Mapping[str, Any], timeout_s: float) -> Steps[str]:
    """Deploy a model, the model of a job, or a module, and wait until it answers; return its address."""
    yield from post("/deployments", {"name": name, **served})
    deadline = time.monotonic() + timeout_s
    while True:
        found = (yield from get(place("deployments", name)))["deployment"]
        if found["state"] == "deployed":
            return str(found["predict"])
        if found["state"] == "failed" or time.monotonic() > deadline:
            raise HugginsError(0, f"The deployment {name} is {found['state']}: {found['reason']}", found)
        yield Wait(LOOK_S)


def predict(name: str, given: Files, arguments: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Ask a deployment about files or spectra; return results, rejected, model."""
    files = [Path(one) for one in given if not isinstance(one, Spectrum)]
    if files and len(files) < len(given):
        raise TypeError("predict files and spectra in separate calls")
    path = place("predict", name)
    if files:
        pieces, kind = form([("data", file) for file in files])
        answer = yield Request("POST", path, arguments, pieces, kind)
    else:
        told = [one.to_json() for one in given if isinstance(one, Spectrum)]
        answer = yield Request("POST", path, arguments, json_body({"spectra": told}))
    found = answer.json
    return dict(found.get("predictions", found))


def call(
    name: str, arguments: Mapping[str, Any], files: Mapping[str, str | Path], accept: str
) -> Steps[Answer]:
    """Call a deployment of a third-party module by its own arguments."""
    pieces, kind = form([(field, Path(path)) for field, path in files.items()])
    sent = (pieces, kind) if files else ((), "application/json")
    answer = yield Request("POST", place("predict", name), arguments, *sent, accept)
    return Answer(answer.kind, answer.body)


def _contents(paths: Files, labels: dict[str, str]) -> Iterable[tuple[str, bytes | Path]]:
    for number, one in enumerate(paths):
        if isinstance(one, Spectrum):
            name = one.name or f"spectrum-{number:06}"
            if one.label:
                labels.setdefault(name, one.label)
            yield f"{name.replace('/', '_')}.csv", one.to_csv()
            continue
        path = Path(one)
        inside = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        if not inside:
            raise FileNotFoundError(f"there is no file in {path}")
        for file in inside:
            relative = file.name if file == path else file.relative_to(path).as_posix()
            if not any(part.startswith(".") for part in relative.split("/")):
                yield relative, file
