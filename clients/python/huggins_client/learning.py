"""What a client does with label sets and learning sessions, as generators like those of `operations`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from huggins_client.http import HugginsError, Wait, place
from huggins_client.objects import LabelSet, Session
from huggins_client.operations import LOOK_S, Steps, get, post

EVENTS = 1000  # that the platform takes at once
PAGE = 200
MOVING = ("waiting", "running", "selecting")


def label_sets(words: str) -> Steps[list[LabelSet]]:
    """List label sets."""
    return [LabelSet.of(told) for told in (yield from get("/label-sets", q=words))["label_sets"]]


def new_label_set(name: str, dataset: str, classes: Sequence[str], project: str) -> Steps[LabelSet]:
    """Make a label set."""
    body = {"name": name, "dataset": dataset, "classes": list(classes), "project": project or None}
    return LabelSet.of((yield from post("/label-sets", body))["label_set"])


def give_labels(label_set: str, labels: Mapping[int, str], queue: str, comment: str) -> Steps[int]:
    """Give classes to spectra by their numbers; what is rejected is an error, all others are stored."""
    events = [
        {"key": str(uuid.uuid4()), "kind": "label", "row": row, "label": label, "comment": comment}
        | ({"queue": queue} if queue else {})
        for row, label in labels.items()
    ]
    stored, rejected = 0, []
    for start in range(0, len(events), EVENTS):
        some = events[start : start + EVENTS]
        answer = yield from post(place("label-sets", label_set, "events"), {"events": some})
        stored += len(answer["stored"])
        rows = {event["key"]: event["row"] for event in some}
        rejected += [{"row": rows[one["key"]], "reason": one["reason"]} for one in answer["rejected"]]
    if rejected:
        first = rejected[0]
        told = f"{len(rejected)} labels were rejected; spectrum {first['row']}: {first['reason']}"
        raise HugginsError(422, told, {"rejected": rejected, "stored": stored})
    return stored


def current_labels(label_set: str) -> Steps[dict[int, str]]:
    """Return the agreed and decided classes by the numbers of the spectra."""
    found: dict[int, str] = {}
    page = 1
    while True:
        answer = yield from get(place("label-sets", label_set, "labels"), page=page, size=PAGE)
        found.update((one["row"], one["label"]) for one in answer["labels"] if one["label"] is not None)
        if page * PAGE >= answer["total"]:
            return found
        page += 1


def label_version(label_set: str, note: str) -> Steps[str]:
    """Make a version of the labels as they are; return its id."""
    answer = yield from post(place("label-sets", label_set, "versions"), {"note": note})
    return str(answer["version"]["id"])


def new_queue(label_set: str, wanted: Mapping[str, Any]) -> Steps[str]:
    """Make a queue; return its id."""
    return str((yield from post(place("label-sets", label_set, "queues"), dict(wanted)))["queue"]["id"])


def take(label_set: str, queue: str, count: int) -> Steps[list[dict[str, Any]]]:
    """Take the next spectra of a queue, for oneself alone for a while."""
    path = place("label-sets", label_set, "queues", queue, "take")
    return list((yield from post(path, {"count": count}))["items"])


def sessions(words: str) -> Steps[list[Session]]:
    """List learning sessions."""
    return [Session.of(told) for told in (yield from get("/learning", q=words))["sessions"]]


def new_session(
    name: str, dataset: str, classes: Sequence[str], targets: Sequence[str], settings: Mapping[str, Any]
) -> Steps[Session]:
    """Create a session."""
    body = {"name": name, "dataset": dataset, "classes": list(classes), "targets": list(targets), **settings}
    made = (yield from post("/learning", body))["session"]
    return (yield from session(made["id"]))


def session(identifier: str) -> Steps[Session]:
    """Return a session with its rounds."""
    told = yield from get(place("learning", identifier))
    return Session.of(told["session"], told["rounds"])


def change(identifier: str, what: str, body: Mapping[str, Any] | None = None) -> Steps[Session]:
    """Send something to a session, or to a part of it, and return the session that comes of it."""
    path = place("learning", identifier) + (f"/{what}" if what else "")
    answer = yield from post(path, {} if body is None else dict(body))
    return (yield from session(answer["session"]["id"] if "session" in answer else identifier))


def settled(identifier: str, timeout_s: float | None) -> Steps[Session]:
    """Wait until the last round has selected its spectra, or nothing moves; a failed round is an error."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        found = yield from session(identifier)
        last = found.rounds[-1] if found.rounds else None
        if last is not None and last["state"] == "failed":
            raise HugginsError(0, f"Round {last['number']} failed: {last['reason']}", found.raw)
        if last is None or last["state"] not in MOVING:
            return found
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError(f"Round {last['number']} has not selected spectra within {timeout_s} s")
        yield Wait(LOOK_S)


def batch(identifier: str, count: int) -> Steps[list[dict[str, Any]]]:
    """Take the next spectra of the last round: of its batch, then of its samples; each names its queue."""
    found = yield from session(identifier)
    items: list[dict[str, Any]] = []
    last = found.rounds[-1] if found.rounds else {}
    for queue in (last.get("queue"), last.get("sample_queue")):
        if queue and len(items) < count:
            some = yield from take(found.label_set, queue, count - len(items))
            items += [{**item, "queue": queue} for item in some]
    return items


def candidates(identifier: str, number: int) -> Steps[list[dict[str, Any]]]:
    """Return the ranked list of a round; 0: of the last one that has a list."""
    answer = yield from get(place("learning", identifier, "candidates"), round=number)
    return list(answer["candidates"])
