"""Publishes modules: fetch, check, push, record; one after the other, each attempt with its report."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from catalog.document import read_document
from catalog.module import file_of
from dashboard.auth.identity import Identity, Role
from dashboard.base import clock
from dashboard.base.errors import Conflict, Denied, Invalid, ServiceError
from dashboard.modules.registry import Modules
from dashboard.modules.signing import statement
from dashboard.modules.versions import PublishedModule, PublishedVersion, VersionState, exists
from dashboard.publishing.finding import Report
from dashboard.publishing.images.module_image import ModuleImage
from dashboard.publishing.publications import (
    PUBLISHED,
    REJECTED,
    REVIEW,
    RUNNING,
    Publication,
    PublicationStore,
)
from dashboard.publishing.rights import maintains, namespace_of, require_publisher
from dashboard.publishing.source.archive import unpack
from dashboard.publishing.source.git import checked_address
from dashboard.publishing.version_files import changes_of, keep_files

log = logging.getLogger(__name__)


class Builder(Protocol):
    """What fetches, checks, builds and pushes: `dashboard.publishing.workshop.Workshop`."""

    async def fetch(self, url: str, ref: str, folder: Path) -> str:
        """See `dashboard.publishing.source.git.fetch`."""

    async def check(self, folder: Path) -> tuple[Report, ModuleImage | None]:
        """Check a module and build its image."""

    async def push(self, image: ModuleImage, module: str, version: str) -> str:
        """See `dashboard.publishing.workshop.Workshop.push`."""

    async def sbom(self, image: ModuleImage, module: str, version: str) -> dict[str, Any]:
        """See `dashboard.publishing.workshop.Workshop.sbom`."""

    async def discard(self, image: ModuleImage) -> None:
        """Remove an image that is not published."""


@dataclass(frozen=True)
class Repository:
    """A git repository to publish from.

    Attributes
    ----------
    url : str
        Address.
    ref : str
        Branch, tag or commit; empty: the default branch.
    """

    url: str
    ref: str = ""

    def __str__(self) -> str:
        return f"{self.url}@{self.ref}" if self.ref else self.url


class Publisher:
    """Publishes versions, and changes whether they are offered.

    Parameters
    ----------
    store : PublicationStore
        The attempts.
    modules : Modules
        The market, with what is published.
    builder : Builder
        Fetches, checks, builds.
    folder : Path
        For sources while they are worked on.
    review : bool
        Whether a manager must release a version.
    """

    def __init__(
        self, store: PublicationStore, modules: Modules, builder: Builder, folder: Path, *, review: bool
    ) -> None:
        self.store = store
        self._modules = modules
        self._builder = builder
        self._folder = folder
        self._review = review
        self._one = asyncio.Semaphore(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """End what an earlier run left."""
        await self.store.end_interrupted()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def stop(self) -> None:
        """Stop working; what is not ended can be published again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def publish_archive(self, archive: IO[bytes], identity: Identity) -> Publication:
        """Publish from a packed folder.

        Parameters
        ----------
        archive : file
            A tar archive; it is unpacked before this returns.
        identity : Identity
            Who publishes.

        Returns
        -------
        Publication
            Which waits.

        Raises
        ------
        Denied, Invalid
            If the identity is no publisher, or the archive is none.
        """
        require_publisher(identity)
        publication = await self.store.create(identity.user, "a folder")
        folder = self._folder / publication.id / "source"
        try:
            await asyncio.to_thread(unpack, archive, folder)
        except Invalid as error:
            await self._reject(publication, "fetch", error.detail)
            raise
        self._begin(publication, identity, folder, None)
        return publication

    async def publish_repository(self, repository: Repository, identity: Identity) -> Publication:
        """Publish from a git repository.

        Parameters
        ----------
        repository : Repository
            Where, and which commit.
        identity : Identity
            Who publishes.

        Returns
        -------
        Publication
            Which waits.

        Raises
        ------
        Denied, Invalid
            If the identity is no publisher, or the address cannot be used.
        """
        require_publisher(identity)
        checked_address(repository.url)
        publication = await self.store.create(identity.user, str(repository))
        self._begin(publication, identity, self._folder / publication.id / "source", repository)
        return publication

    def _begin(
        self, publication: Publication, identity: Identity, folder: Path, repository: Repository | None
    ) -> None:
        work = self._work(publication, identity, folder, repository)
        task = asyncio.create_task(work, name=f"publish {publication.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(
        self, publication: Publication, identity: Identity, folder: Path, repository: Repository | None
    ) -> None:
        attempt = _Attempt(publication, identity, folder)
        async with self._one:
            try:
                await self._run(attempt, repository)
            except ServiceError as error:
                await self._reject(publication, attempt.step, error.detail)
            except Exception:
                log.exception("publication %s", publication.id)
                await self._reject(publication, attempt.step, "The platform failed; its log has the details.")
            finally:
                if attempt.image is not None and not attempt.recorded:
                    await self._builder.discard(attempt.image)
                await asyncio.to_thread(shutil.rmtree, folder.parent, ignore_errors=True)

    async def _reject(self, publication: Publication, step: str, reason: str) -> None:
        values = {"state": REJECTED, "step": step, "reason": reason, "ended": clock.now()}
        await self.store.change(publication.id, **values)

    async def _step(self, attempt: _Attempt, step: str) -> None:
        attempt.step = step
        await self.store.change(attempt.publication.id, state=RUNNING, step=step)

    async def _run(self, attempt: _Attempt, repository: Repository | None) -> None:
        publication, folder = attempt.publication, attempt.folder
        await self._step(attempt, "fetch")
        revision = ""
        if repository is not None:
            revision = await self._builder.fetch(repository.url, repository.ref, folder)
        await self._step(attempt, "check")
        self._require_new(attempt)
        report, attempt.image = await self._builder.check(folder)
        report.source = publication.source
        named = f"{namespace_of(attempt.identity.user)}/{report.module}" if report.module else ""
        await self.store.change(publication.id, report=report.to_json(), module=named, version=report.version)
        _require_passed(report)
        if attempt.image is None:
            raise Conflict("The module was not built: this platform has no Docker to build with.")
        await self._step(attempt, "push")
        sbom = await self._builder.sbom(attempt.image, named, report.version)
        image = await self._builder.push(attempt.image, named, report.version)
        await self._step(attempt, "record")
        version = self._version(attempt, named, report, image=image, sbom=sbom, revision=revision)
        await asyncio.to_thread(keep_files, folder, self._modules.published.folder / version.files)
        await self._modules.published.store.add(version, attempt.identity.user)
        attempt.recorded = True
        await self._modules.refresh()
        state = REVIEW if version.state is VersionState.REVIEW else PUBLISHED
        await self.store.change(publication.id, state=state, reason="", ended=clock.now())

    def _require_new(self, attempt: _Attempt) -> None:
        """Reject a version that exists, and a module of another publisher, before anything is built."""
        document = _document(attempt.folder)
        own = document.get("huggins")
        own = own if isinstance(own, dict) else {}
        name, version = own.get("name", ""), own.get("version", "")
        module = f"{namespace_of(attempt.identity.user)}/{name}"
        known = self._modules.published.modules.get(module)
        if known is None:
            return
        if not maintains(attempt.identity, known):
            raise Denied(f"{module} belongs to {known.owner}: publish under another name.")
        if any(one.version == version for one in known.versions):
            raise Conflict(exists(module, str(version)))

    def _version(
        self,
        attempt: _Attempt,
        module: str,
        report: Report,
        *,
        image: str,
        sbom: dict[str, Any],
        revision: str,
    ) -> PublishedVersion:
        document = _document(attempt.folder)
        said = statement(module, report.version, image, document)
        built = attempt.image
        return PublishedVersion(
            module=module,
            version=report.version,
            state=VersionState.REVIEW if self._review else VersionState.PUBLISHED,
            reason="",
            image=image,
            document=document,
            changelog=changes_of(attempt.folder, report.version),
            report=report.to_json(),
            sbom=sbom,
            log=built.log if built else "",
            source=attempt.publication.source,
            revision=revision,
            files=attempt.publication.id,
            signature=self._modules.published.key.sign(said),
            publisher=attempt.identity.user,
            created=clock.now(),
        )

    async def set_state(
        self, module: str, version: str, state: VersionState, reason: str, identity: Identity
    ) -> PublishedVersion:
        """Deprecate, yank, offer again or release a version; what runs of it runs on.

        Parameters
        ----------
        module, version : str
            Which.
        state : VersionState
            The new state.
        reason : str
            For people.
        identity : Identity
            Who changes it.

        Returns
        -------
        PublishedVersion
            As it is now.

        Raises
        ------
        NotFound, Denied
            If there is no such version, or it is somebody else's, or waits for a review.
        """
        found = self._modules.published.get(module)
        before = found.version(version)
        if not maintains(identity, found):
            raise Denied(f"{module} belongs to {found.owner}.")
        if before.state is VersionState.REVIEW and not identity.has(Role.MANAGER):
            raise Denied(f"{module} {version} waits for a review: a manager or administrator releases it.")
        if state is VersionState.REVIEW:
            raise Invalid("A version that was published does not go back to the review: yank it.")
        await self._modules.published.store.set_state(module, version, state, reason)
        await self._modules.refresh()
        return self._modules.published.get(module).version(version)

    async def set_module(
        self, module: str, identity: Identity, *, featured: bool | None, maintainers: Sequence[str] | None
    ) -> PublishedModule:
        """Feature a module (managers), or say who publishes versions of it (its owner).

        Parameters
        ----------
        module : str
            Which.
        identity : Identity
            Who changes it.
        featured : bool or None
            Whether the market shows it first; None: as it is.
        maintainers : sequence of str or None
            User ids; None: as they are.

        Returns
        -------
        PublishedModule
            As it is now.

        Raises
        ------
        NotFound, Denied
            If there is no such module, or it is somebody else's.
        """
        found = self._modules.published.get(module)
        if featured is not None and not identity.has(Role.MANAGER):
            raise Denied("Managers say which modules are featured.")
        if maintainers is not None and not (identity.admin or identity.user == found.owner):
            raise Denied(f"{module} belongs to {found.owner}.")
        await self._modules.published.store.set_module(module, featured=featured, maintainers=maintainers)
        await self._modules.refresh()
        return self._modules.published.get(module)


@dataclass
class _Attempt:
    publication: Publication
    identity: Identity
    folder: Path
    step: str = "fetch"
    image: ModuleImage | None = None
    recorded: bool = False


def _require_passed(report: Report) -> None:
    if not report.passed:
        first = report.errors[0]
        more = f" ({len(report.errors) - 1} more)" if len(report.errors) > 1 else ""
        raise Invalid(f"{first.where}: {first.what} {first.mend}{more}")
    if not report.ran:
        raise Conflict("The module was not run in a container: this platform has no node that checks it.")


def _document(folder: Path) -> dict[str, Any]:
    try:
        return read_document(file_of(folder))
    except ValueError:
        return {}  # the check says what is wrong
