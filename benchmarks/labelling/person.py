"""A scripted person: looks at the name of the spectrum, knows its class, and presses the key."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import APIRequestContext, Page

NAME = '[data-label="name"]'
NOTHING = "Nothing more to label"
DRAWN = """(nothing) => {
  const name = document.querySelector('[data-label="name"]').textContent;
  return name === nothing || document.querySelector('[data-label="canvas"]').dataset.drawn === name;
}"""
ALL_SENT = """() => Object.keys(localStorage).every((name) => !name.startsWith("huggins-labels"))"""


@dataclass(frozen=True)
class Batch:
    """A label set with a queue of all spectra of a dataset."""

    label_set: str
    queue: str
    dataset: str
    classes: tuple[str, ...]

    @property
    def path(self) -> str:
        """Address of the label page."""
        return f"/label-sets/{self.label_set}/queues/{self.queue}"


def answered(response: Any) -> Any:
    """Return the JSON of an answer that must be a success.

    Parameters
    ----------
    response : APIResponse
        Of Playwright.

    Raises
    ------
    AssertionError
        If it is an error.
    """
    if not response.ok:
        raise AssertionError(f"{response.url}: {response.status} {response.text()[:500]}")
    return response.json() if response.body() else {}


def upload(api: APIRequestContext, folder: Path, project: str = "", patience_s: float = 300) -> str:
    """Bring a folder of spectra, without its labels, and return the id of the dataset.

    Parameters
    ----------
    api : APIRequestContext
        Signed in.
    folder : Path
        With FITS files.
    project : str
        That sees it; empty: none.
    patience_s : float
        Within which they must be read.

    Raises
    ------
    AssertionError
        If they are not.
    """
    made = answered(api.post("/data", data={"name": "Profiles to label", "project": project or None}))[
        "dataset"
    ]["id"]
    for path in sorted(folder.glob("*.fits")):
        answered(api.put(f"/data/{made}/files/{path.name}", data=path.read_bytes()))
    read(api, made, patience_s)
    return str(made)


def read(api: APIRequestContext, dataset: str, patience_s: float) -> None:
    """Say that a dataset is complete, and wait until it is read.

    Parameters
    ----------
    api : APIRequestContext
        Signed in.
    dataset : str
        Its id.
    patience_s : float
        Within which it must be read.

    Raises
    ------
    AssertionError
        If it is not, or cannot be.
    """
    answered(api.post(f"/data/{dataset}/done"))
    end = time.monotonic() + patience_s
    while (state := answered(api.get(f"/data/{dataset}?format=json&size=1"))["dataset"]["state"]) != "ready":
        if state == "error" or time.monotonic() > end:
            raise AssertionError(f"the dataset is not read: {state}")
        time.sleep(0.2)


def batch_of(api: APIRequestContext, dataset: str, classes: tuple[str, ...], **more: Any) -> Batch:
    """Make a label set and a queue of the whole dataset.

    Parameters
    ----------
    api : APIRequestContext
        Signed in.
    dataset : str
        Its id.
    classes : tuple of str
        In the order of their keys.
    **more : object
        Other fields of the request for a queue, and of that for the set: ``project``.
    """
    body = {"name": "Be stars", "dataset": dataset, "classes": list(classes)}
    body |= {"project": more.pop("project")} if "project" in more else {}
    label_set = answered(api.post("/label-sets", data=body))["label_set"]["id"]
    wanted = {"kind": "dataset", "name": "batch", **more}
    queue = answered(api.post(f"/label-sets/{label_set}/queues", data=wanted))["queue"]["id"]
    return Batch(label_set, queue, dataset, classes)


def truth_of(folder: Path) -> dict[str, str]:
    """Return the class of each spectrum by its name, from the ``labels.csv`` of synthetic spectra."""
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        return {row["name"]: row["label"] for row in csv.DictReader(file)}


class Person:
    """Labels on an open page.

    Parameters
    ----------
    page : Page
        The label page.
    batch : Batch
        What is labelled.
    truth : mapping
        Name of a spectrum to its class.
    looks_s : float
        How long the person looks at each spectrum.
    """

    def __init__(self, page: Page, batch: Batch, truth: Mapping[str, str], *, looks_s: float = 0.0) -> None:
        self._looks_s = looks_s
        self._page = page
        self._batch = batch
        self._truth = truth
        self.given: dict[str, str] = {}

    def label(self, at_most: int, on: Mapping[int, Callable[[], None]] | None = None) -> int:
        """Label until nothing is left, and return how many.

        Parameters
        ----------
        at_most : int
            Stop after so many.
        on : mapping, optional
            What is done after a number of labels, such as a kill of the platform.
        """
        count = 0
        while count < at_most:
            name = self._name()
            if name == NOTHING:
                break
            time.sleep(self._looks_s)
            self._page.keyboard.press(str(self._batch.classes.index(self._truth[name]) + 1))
            self.given[name] = self._truth[name]
            count += 1
            self._page.wait_for_function(
                "([place, name]) => document.querySelector(place).textContent !== name", arg=[NAME, name]
            )
            if on and count in on:
                on[count]()
        return count

    def sent(self) -> None:
        """Wait until the platform has everything."""
        self._page.wait_for_function(ALL_SENT)

    def supplied(self) -> None:
        """Wait until the page has more spectra than the connection can be cut for."""
        script = """() => Number(document.querySelector('[data-label="canvas"]').dataset.ahead) > 12"""
        self._page.wait_for_function(script)

    def _name(self) -> str:
        """Return the name of the spectrum that is drawn, or that there is none."""
        self._page.wait_for_function(DRAWN, arg=NOTHING)
        return self._page.locator(NAME).text_content() or ""


def stored(api: APIRequestContext, batch: Batch) -> dict[str, str]:
    """Return the class of each spectrum as the platform has it, by name.

    Parameters
    ----------
    api : APIRequestContext
        Signed in.
    batch : Batch
        Of which label set.

    Raises
    ------
    AssertionError
        If they cannot be read.
    """
    response = api.get(f"/label-sets/{batch.label_set}/export?dialect=id")
    if not response.ok:
        raise AssertionError(response.text())
    return {row["id"]: row["label"] for row in csv.DictReader(io.StringIO(response.text()))}


def latencies_ms(page: Page) -> list[float]:
    """Return the times from a key to the next spectrum on the screen."""
    script = "() => performance.getEntriesByName('label-next').map((one) => one.duration)"
    return list(page.evaluate(script))
