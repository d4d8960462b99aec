"""The client that blocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from huggins_client import operations
from huggins_client.blocking_learning import LearningCalls
from huggins_client.connection import sender_of
from huggins_client.http import Wait
from huggins_client.objects import Answer, Dataset, Job, Module
from huggins_client.spectrum import Spectrum

T = TypeVar("T")


class Huggins(LearningCalls):
    """A platform.

    Parameters
    ----------
    address : str, optional
        Such as ``http://127.0.0.1:8470``; by default ``HUGGINS_SERVER``.
    token : str, optional
        By default ``HUGGINS_TOKEN``.
    timeout_s, patience_s : float
        Seconds without data after which a request fails; for which it is repeated while the platform is busy.

    Raises
    ------
    ValueError
        If there is no address, or it is none.
    """

    def __init__(
        self,
        address: str | None = None,
        token: str | None = None,
        *,
        timeout_s: float = 600.0,
        patience_s: float = 120.0,
    ) -> None:
        self._sender = sender_of(address, token, timeout_s, patience_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        """Do nothing: each request has a connection of its own."""

    def _run(self, steps: operations.Steps[T]) -> T:
        asked = next(steps)
        while True:
            try:
                if isinstance(asked, Wait):
                    time.sleep(asked.seconds)
                    asked = next(steps)
                else:
                    asked = steps.send(self._sender.send(asked))
            except StopIteration as ended:
                return ended.value  # type: ignore[no-any-return]

    def modules(self, words: str = "") -> list[Module]:
        """Search the market."""
        return self._run(operations.modules(words))

    def datasets(self, words: str = "") -> list[Dataset]:
        """List datasets."""
        return self._run(operations.datasets(words))

    def upload(
        self,
        paths: operations.Files,
        name: str,
        labels: Mapping[str, str] | None = None,
        *,
        kind: str = "spectra",
    ) -> Dataset:
        """Upload a new dataset, and wait until it is read.

        Parameters
        ----------
        paths : sequence of str, Path or Spectrum
            Files, folders, or spectra, whose labels are set, too.
        name : str
            Of the dataset.
        labels : mapping of str to str, optional
            Name or path of a spectrum to its class.
        kind : str
            ``spectra``, ``features`` or ``files``.

        Raises
        ------
        HugginsError
            If the platform does not take it, or nothing in it can be read.
        """
        return self._run(operations.upload(paths, name, labels, kind))

    def label(self, dataset: str, labels: Mapping[str, str]) -> int:
        """Set classes of spectra by their names or paths; return how many changed."""
        return self._run(operations.label(dataset, labels))

    def cache(self, dataset: str) -> dict[str, Any]:
        """Return what of a reference dataset is here, such as ``cached`` and ``pinned`` files."""
        return self._run(operations.cache(dataset))

    def pin(self, dataset: str, *, wait: bool = True) -> dict[str, Any]:
        """Copy the files of a reference dataset, which count for its owner then."""
        return self._run(operations.pin(dataset, wait=wait))

    def unpin(self, dataset: str) -> dict[str, Any]:
        """Give the copies of a reference dataset to the cache."""
        return self._run(operations.release(dataset, "pin"))

    def forget(self, dataset: str) -> dict[str, Any]:
        """Drop what of a reference dataset is cached."""
        return self._run(operations.release(dataset, "cache"))

    def spectra(self, dataset: str, numbers: Sequence[int]) -> list[Spectrum]:
        """Return spectra of a dataset at full resolution, by their numbers from 0."""
        return self._run(operations.spectra(dataset, numbers))

    def train(
        self, module: str, dataset: str = "", parameters: Mapping[str, Any] | None = None, **more: Any
    ) -> Job:
        """Start a training.

        Parameters
        ----------
        module : str
            Of the market.
        dataset : str
            Id; empty for third-party modules that take none.
        parameters : mapping, optional
            Of the module; the others are its defaults.
        **more : object
            Further fields of the API, such as ``recipe``, ``node``, ``label``, ``excluded``, ``start``.

        Returns
        -------
        Job
            It waits for its turn.

        Raises
        ------
        HugginsError
            If it cannot be run; ``problem["errors"]`` says why by field.
        """
        return self._run(operations.train(module, dataset, parameters or {}, more))

    def job(self, identifier: str) -> Job:
        """Return a job as it is now."""
        return self._run(operations.job(identifier))

    def follow(
        self,
        job: Job | str,
        progress: Callable[[Job], object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Job:
        """Wait for the end of a job.

        Parameters
        ----------
        job : Job or str
            The job, or its id.
        progress : callable, optional
            Called with the job at each look.
        timeout_s : float, optional
            Seconds to wait at most; None: no limit.

        Raises
        ------
        HugginsError
            If the job fails or is aborted.
        TimeoutError
            If it has not ended in time; it goes on.
        """
        identifier = job if isinstance(job, str) else job.id
        return self._run(operations.follow(identifier, progress, timeout_s))

    def log(self, job: str) -> str:
        """Return the log of a job as far as it goes."""
        return self._run(operations.log(job))

    def deploy(
        self,
        name: str,
        *,
        model: str | None = None,
        job: str | None = None,
        module: str | None = None,
        timeout_s: float = 300.0,
    ) -> str:
        """Deploy a model, the model of a job, or a module, and wait until it answers.

        Parameters
        ----------
        name : str
            Of the deployment.
        model, job, module : str, optional
            One of them.
        timeout_s : float
            Seconds to wait at most.

        Returns
        -------
        str
            The path at which it predicts.

        Raises
        ------
        HugginsError
            If it cannot be deployed, or does not answer in time.
        """
        given = {"model": model, "job": job, "module": module}
        served = {key: value for key, value in given.items() if value is not None}
        return self._run(operations.deploy(name, served, timeout_s))

    def predict(self, deployment: str, *spectra: str | Path | Spectrum, **arguments: Any) -> dict[str, Any]:
        """Ask a deployment about spectra.

        Parameters
        ----------
        deployment : str
            Its name.
        *spectra : str, Path or Spectrum
            Files, or spectra.
        **arguments : object
            Of the module.

        Returns
        -------
        dict
            ``results``, ``rejected`` and ``model``.

        Raises
        ------
        HugginsError
            If there is no answer, or none of the spectra can be used.
        """
        return self._run(operations.predict(deployment, spectra, arguments))

    def call(
        self,
        deployment: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, str | Path] | None = None,
        accept: str = "application/json",
    ) -> Answer:
        """Call a deployment of a third-party module by its own arguments.

        Parameters
        ----------
        deployment : str
            Its name.
        arguments : mapping, optional
            Argument to value.
        files : mapping, optional
            Argument to the path of a file.
        accept : str
            Type of content of the answer, such as ``image/png``.

        Raises
        ------
        HugginsError
            If there is no answer, or an argument is wrong.
        """
        return self._run(operations.call(deployment, arguments or {}, files or {}, accept))
