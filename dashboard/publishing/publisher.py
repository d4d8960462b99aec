"""Publishes modules: fetch, check, push, record; one after the other, each attempt with its report."""

from __future__ import annotations

import asyncio
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from catalog.document import read_document
from catalog.module import file_of
from dashboard.auth.identity import Identity
from dashboard.base import clock
from dashboard.base.errors import Conflict, Denied, Invalid, ServiceError
from dashboard.modules.registry import Modules
from dashboard.modules.signing import statement
from dashboard.modules.versions import PublishedVersion, VersionState, exists
from dashboard.publishing.builder import Builder, RegistryAway
from dashboard.publishing.finding import Report
from dashboard.publishing.images.existing import registry_of
from dashboard.publishing.images.module_image import ModuleImage
from dashboard.publishing.publications import (
    PUBLISHED,
    REJECTED,
    REVIEW,
    RUNNING,
    WAITING,
    Publication,
    PublicationStore,
)
from dashboard.publishing.rights import maintains, published_name, require_publisher
from dashboard.publishing.source.archive import unpack
from dashboard.publishing.source.git import checked_address
from dashboard.publishing.source.origins import ExistingImage, Origin, Repository
from dashboard.publishing.version_files import changes_of, keep_files

log = logging.getLogger(__name__)

RETRY_S = 5.0  # until the registry is tried again; doubles each time
RETRY_MOST_S = 300.0
AWAY_MOST_S = 24 * 3600.0  # after which the publication is rejected


class Publisher:
    """Publishes versions.

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
        self.retry_s = RETRY_S
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

    async def publish_archive(
        self, archive: IO[bytes], identity: Identity, namespace: str = ""
    ) -> Publication:
        """Publish from a packed folder.

        Parameters
        ----------
        archive : file
            A tar archive; it is unpacked before this returns.
        identity : Identity
            Who publishes.
        namespace : str
            Of somebody whose module the identity maintains; empty: its own.

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
        self._begin(_Attempt(publication, identity, folder, namespace=namespace))
        return publication

    async def publish_from(
        self, origin: Repository | ExistingImage, identity: Identity, namespace: str = ""
    ) -> Publication:
        """Publish from a git repository, or an image that carries the folder of its module.

        Parameters
        ----------
        origin : Repository or ExistingImage
            Where it comes from.
        identity : Identity
            Who publishes.
        namespace : str
            Of somebody whose module the identity maintains; empty: its own.

        Returns
        -------
        Publication
            Which waits.

        Raises
        ------
        Denied, Invalid
            If the identity is no publisher, or the address or name cannot be used.
        """
        require_publisher(identity)
        if isinstance(origin, Repository):
            checked_address(origin.url)
        else:
            registry_of(origin.name)
        publication = await self.store.create(identity.user, str(origin))
        folder = self._folder / publication.id / "source"
        self._begin(_Attempt(publication, identity, folder, origin, namespace))
        return publication

    def _begin(self, attempt: _Attempt) -> None:
        task = asyncio.create_task(self._work(attempt), name=f"publish {attempt.publication.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, attempt: _Attempt) -> None:
        publication = attempt.publication
        try:
            async with self._one:
                checked = await self._prepare(attempt)
            await self._deliver(attempt, checked)
        except ServiceError as error:
            await self._reject(publication, attempt.step, error.detail)
        except Exception:
            log.exception("publication %s", publication.id)
            await self._reject(publication, attempt.step, "The platform failed; its log has the details.")
        finally:
            if attempt.image is not None and not attempt.recorded:
                await self._builder.discard(attempt.image)
            await asyncio.to_thread(shutil.rmtree, attempt.folder.parent, ignore_errors=True)

    async def _reject(self, publication: Publication, step: str, reason: str) -> None:
        values = {"state": REJECTED, "step": step, "reason": reason, "ended": clock.now()}
        await self.store.change(publication.id, **values)

    async def _step(self, attempt: _Attempt, step: str) -> None:
        attempt.step = step
        await self.store.change(attempt.publication.id, state=RUNNING, step=step, reason="")

    async def _prepare(self, attempt: _Attempt) -> _Checked:
        """Fetch, check and build."""
        publication, folder, origin = attempt.publication, attempt.folder, attempt.origin
        await self._step(attempt, "fetch")
        revision, given = "", None
        if isinstance(origin, Repository):
            revision = await self._builder.fetch(origin.url, origin.ref, folder)
        elif isinstance(origin, ExistingImage):
            given = attempt.image = await self._builder.bring(origin.name, folder)
        await self._step(attempt, "check")
        self._require_new(attempt)
        report, built = await self._builder.check(folder, given)
        attempt.image = built or attempt.image
        report.source = str(origin or publication.source)
        named = self._named(report.module, attempt) if report.module else ""
        await self.store.change(publication.id, report=report.to_json(), module=named, version=report.version)
        _require_passed(report)
        if built is None:
            raise Conflict("The module was not built: this platform has no Docker to build with.")
        return _Checked(named, report, built, revision)

    async def _deliver(self, attempt: _Attempt, checked: _Checked) -> None:
        """Push and record; meanwhile others are checked."""
        publication = attempt.publication
        await self._step(attempt, "push")
        sbom = await self._builder.sbom(checked.image, checked.module, checked.report.version)
        image = await self._push(attempt, checked)
        await self._step(attempt, "record")
        version = self._version(attempt, checked, image=image, sbom=sbom)
        await asyncio.to_thread(keep_files, attempt.folder, self._modules.published.folder / version.files)
        await self._modules.published.store.add(version, attempt.identity.user)
        attempt.recorded = True
        await self._modules.refresh()
        state = REVIEW if version.state is VersionState.REVIEW else PUBLISHED
        await self.store.change(publication.id, state=state, reason="", ended=clock.now())

    async def _push(self, attempt: _Attempt, checked: _Checked) -> str:
        """Push, and wait for a registry that is away."""
        waited, pause = 0.0, self.retry_s
        while True:
            try:
                return await self._builder.push(checked.image, checked.module, checked.report.version)
            except RegistryAway as error:
                if waited >= AWAY_MOST_S:
                    raise
                reason = f"{error.detail} The image is pushed when it does; nothing has to be done."
                await self.store.change(attempt.publication.id, state=WAITING, reason=reason)
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, RETRY_MOST_S)

    def _require_new(self, attempt: _Attempt) -> None:
        """Reject a version that exists, and a module of another publisher, before anything is built."""
        document = _document(attempt.folder)
        own = document.get("huggins")
        own = own if isinstance(own, dict) else {}
        name, version = own.get("name", ""), own.get("version", "")
        module = self._named(str(name), attempt)
        known = self._modules.published.modules.get(module)
        if known is None:
            return
        if not maintains(attempt.identity, known):
            raise Denied(f"{module} belongs to {known.owner}: publish under another name.")
        if any(one.version == version for one in known.versions):
            raise Conflict(exists(module, str(version)))

    def _named(self, name: str, attempt: _Attempt) -> str:
        return published_name(name, attempt.namespace, attempt.identity, self._modules.published.modules)

    def _version(
        self, attempt: _Attempt, checked: _Checked, *, image: str, sbom: dict[str, Any]
    ) -> PublishedVersion:
        document, number = _document(attempt.folder), checked.report.version
        said = statement(checked.module, number, image, document)
        return PublishedVersion(
            module=checked.module,
            version=number,
            state=VersionState.REVIEW if self._review else VersionState.PUBLISHED,
            reason="",
            image=image,
            document=document,
            changelog=changes_of(attempt.folder, number),
            report=checked.report.to_json(),
            sbom=sbom,
            log=checked.image.log,
            source=attempt.publication.source,
            revision=checked.revision,
            files=attempt.publication.id,
            signature=self._modules.published.key.sign(said),
            publisher=attempt.identity.user,
            created=clock.now(),
        )


@dataclass
class _Attempt:
    publication: Publication
    identity: Identity
    folder: Path
    origin: Origin = None
    namespace: str = ""
    step: str = "fetch"
    image: ModuleImage | None = None
    recorded: bool = False


@dataclass(frozen=True)
class _Checked:
    module: str  # with the namespace
    report: Report
    image: ModuleImage
    revision: str


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
