"""The client for asyncio: requests are sent by threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from huggins_client import operations
from huggins_client.asynchronous_learning import AsyncLearningCalls
from huggins_client.connection import sender_of
from huggins_client.http import Wait
from huggins_client.objects import Answer, Dataset, Job, Module
from huggins_client.spectrum import Spectrum

T = TypeVar("T")


class AsyncHuggins(AsyncLearningCalls):
    """A platform, for asyncio.

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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *ended: object) -> None:
        """Do nothing: each request has a connection of its own."""

    async def _run(self, steps: operations.Steps[T]) -> T:
        asked = next(steps)
        while True:
            try:
                if isinstance(asked, Wait):
                    await asyncio.sleep(asked.seconds)
                    asked = next(steps)
                else:
                    asked = steps.send(await asyncio.to_thread(self._sender.send, asked))
            except StopIteration as ended:
                return ended.value  # type: ignore[no-any-return]

    async def modules(self, words: str = "") -> list[Module]:
        """Search the market."""
        return await self._run(operations.modules(words))

    async def datasets(self, words: str = "") -> list[Dataset]:
        """List datasets."""
        return await self._run(operations.datasets(words))

    async def upload(
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
        return await self._run(operations.upload(paths, name, labels, kind))

    async def label(self, dataset: str, labels: Mapping[str, str]) -> int:
        """Set classes of spectra by their names or paths; return how many changed."""
        return await self._run(operations.label(dataset, labels))

    async def cache(self, dataset: str) -> dict[str, Any]:
        """Return what of a reference dataset is here, such as ``cached`` and ``pinned`` files."""
        return await self._run(operations.cache(dataset))

    async def pin(self, dataset: str, *, wait: bool = True) -> dict[str, Any]:
        """Copy the files of a reference dataset, which count for its owner then."""
        return await self._run(operations.pin(dataset, wait=wait))

    async def unpin(self, dataset: str) -> dict[str, Any]:
        """Give the copies of a reference dataset to the cache."""
        return await self._run(operations.release(dataset, "pin"))

    async def forget(self, dataset: str) -> dict[str, Any]:
        """Drop what of a reference dataset is cached."""
        return await self._run(operations.release(dataset, "cache"))

    async def spectra(self, dataset: str, numbers: Sequence[int]) -> list[Spectrum]:
        """Return spectra of a dataset at full resolution, by their numbers from 0."""
        return await self._run(operations.spectra(dataset, numbers))

    async def train(
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
        return await self._run(operations.train(module, dataset, parameters or {}, more))

    async def job(self, identifier: str) -> Job:
        """Return a job as it is now."""
        return await self._run(operations.job(identifier))

    async def follow(
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
        return await self._run(operations.follow(identifier, progress, timeout_s))

    async def log(self, job: str) -> str:
        """Return the log of a job as far as it goes."""
        return await self._run(operations.log(job))

    async def deploy(
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
        return await self._run(operations.deploy(name, served, timeout_s))

    async def predict(
        self, deployment: str, *spectra: str | Path | Spectrum, **arguments: Any
    ) -> dict[str, Any]:
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
        return await self._run(operations.predict(deployment, spectra, arguments))

    async def call(
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
        return await self._run(operations.call(deployment, arguments or {}, files or {}, accept))
