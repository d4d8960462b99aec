"""The modules of the catalog, and their descriptions, which their images give."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from catalog import Catalog, Module, local_name
from catalog.module import FILES
from dashboard.auth.identity import Identity
from dashboard.base import clock
from dashboard.base.errors import NotFound, Unavailable
from dashboard.base.events import Live
from dashboard.base.resources import Resources
from dashboard.database.engine import Database
from dashboard.database.tables import module_descriptions
from dashboard.modules.describe import DescriptionFailed, ask
from dashboard.modules.own_code import is_own
from dashboard.modules.published import Published
from dashboard.nodes.registry import Nodes
from dashboard.settings import ModulesSettings
from deepaas_entry import mounting
from launchers import ImageMissing, Launcher, LaunchError

log = logging.getLogger(__name__)
Stamps = dict[str, tuple[int, int]]  # path: size, time of change in ns

RETRY_SECONDS = 30.0  # until a description that failed is asked for again; doubles each time
RETRY_MOST = 1800.0
LOOK_EVERY_S = 2.0  # between two looks at the folder: a changed module is seen without a restart
OWN_NAMESPACE = "huggins/"  # of the platform's own modules, whose names go without it
SERVING = "-serve"  # ends the name of an image that serves only (`catalog.Module.serves_apart`)
AT_ONCE = 1  # images asked at the same time unless somebody waits: each costs a processor for seconds


@dataclass(frozen=True)
class Described:
    """What is known of a module's parameters.

    Attributes
    ----------
    state : str
        ``ready``; ``asking``: the image is being asked; ``failed``: see `reason`, it is tried again.
    description : Mapping or None
        contracts.md section 5: ``name, title, kind, needs_labels, default_recipe, train, predict, steps``.
    image : str
        The image that said so, by digest.
    """

    state: str
    description: Mapping[str, Any] | None
    reason: str = ""
    image: str = ""


class Modules:
    """The catalog, and the descriptions.

    Parameters
    ----------
    folder : Path
        Of the modules.
    settings : ModulesSettings
        How images are called.
    database, live, nodes
        The platform's.
    published : Published
        Modules of publishers, which the market offers beside those of the folder.
    owner : str
        Label of the containers that are asked.
    """

    def __init__(
        self,
        folder: Path,
        settings: ModulesSettings,
        database: Database,
        live: Live,
        nodes: Nodes,
        *,
        published: Published,
        owner: str,
    ) -> None:
        self.published = published
        self._folder = folder
        self._settings = settings
        self._database = database
        self._live = live
        self._nodes = nodes
        self._owner = owner
        self._catalog = Catalog({}, [])
        self._stamps: Stamps = {}
        self._described: dict[str, Described] = {}
        self._asking: dict[str, asyncio.Task[Described]] = {}
        self._background: list[asyncio.Task[None]] = []
        self._few = asyncio.Semaphore(AT_ONCE)
        self._retry = asyncio.Event()

    async def start(self) -> None:
        """Load the catalog and ask all modules in the background."""
        await self.reload()
        await self._sweep()
        self._background = [
            asyncio.create_task(self._ask_until_known(name)) for name in self._catalog.modules
        ]
        self._background.append(asyncio.create_task(self._follow_folder()))

    async def _follow_folder(self) -> None:
        """Read the folder again whenever a module in it was changed, added or taken away."""
        seen = self._stamps
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = await asyncio.to_thread(stamps, self._folder)
            if now != seen or await self.published.changed():
                seen = now
                await self.refresh()

    async def refresh(self) -> None:
        """Read the folder again; ask the images of modules that are new or have another version."""
        before = {name: module.version for name, module in self._catalog.modules.items()}
        await self.reload()
        self._background = [task for task in self._background if not task.done()]
        for name, module in self._catalog.modules.items():
            if before.get(name) != module.version:
                self._described.pop(name, None)
                self._background.append(asyncio.create_task(self._ask_until_known(name)))
        self._live.publish("modules", "changed", {})

    async def stop(self) -> None:
        """Stop reading descriptions."""
        tasks = [*self._background, *self._asking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def reload(self) -> None:
        """Read the folder of modules and what is published again.

        Without a folder, it holds none and has the reason. A module whose description is broken stays as it
        was when it was read last.
        """
        self._stamps = await asyncio.to_thread(stamps, self._folder)
        try:
            found = await asyncio.to_thread(Catalog.load, self._folder)
        except NotADirectoryError as error:
            log.warning("the folder of modules cannot be read: %s", error)
            found = Catalog({}, [(self._folder, str(error))])
        before = self._catalog.modules
        names = (path.parent.name for path, _ in found.broken)
        kept = {name: before[name] for name in names if name in before and name not in found.modules}
        published = await self.published.read()
        every = {**found.modules, **kept, **published}
        self._catalog = Catalog(dict(sorted(every.items())), found.broken)

    @property
    def catalog(self) -> Catalog:
        """The modules of the folder; ``catalog.broken`` are those that cannot be used."""
        return self._catalog

    def shown(self, identity: Identity) -> Catalog:
        """Return the modules that somebody sees.

        Parameters
        ----------
        identity : Identity
            Who asks.
        """
        every = self._catalog.modules
        seen = {name: one for name, one in every.items() if self.published.visible(name, identity)}
        return self._catalog if len(seen) == len(every) else Catalog(seen, self._catalog.broken)

    def headline(self, name: str) -> tuple[str, ...]:
        """Return the names of the metrics that a module declares first; none of a module that is gone."""
        found = self.catalog.modules.get(name)
        return found.headline if found else ()

    def get(self, name: str, identity: Identity | None = None) -> Module:
        """Return the metadata of a module.

        Parameters
        ----------
        name : str
            The module's name.
        identity : Identity, optional
            Who asks; None: the platform itself, or somebody who was asked about it before.

        Returns
        -------
        Module
            As the catalog has it.

        Raises
        ------
        NotFound
            If there is none that the identity sees; the message names the nearest.
        """
        name = name.removeprefix(OWN_NAMESPACE)
        known, visible = self._catalog.modules, self.published.visible
        if name in known and (identity is None or visible(name, identity)):
            return known[name]
        public = [one for one in known if visible(one)]
        close = difflib.get_close_matches(name, public, 1)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(public) or 'none'}."
        raise NotFound(f"There is no module {name}. {hint}")

    def third_party(self, name: str) -> bool:
        """Whether a module is somebody else's DEEPaaS module, into whose image our entry is mounted."""
        found = self._catalog.modules.get(name)
        return found is not None and found.entry == "deepaas"

    def image_name(self, module: str, version: str) -> str:
        """Return the reference of a module's image, before a node resolves it to a digest."""
        if (published := self.published.image(module, version)) is not None:
            return published
        found = self._catalog.modules.get(module)
        if found is not None and found.image:
            return found.image
        return self._settings.image.format(name=module, version=version)

    async def image(self, module: str, version: str, launcher: Launcher) -> str:
        """Fetch the image of a module on a node.

        Parameters
        ----------
        module : str
            The module's name.
        version : str
            Its version.
        launcher : Launcher
            The launcher of the node.

        Returns
        -------
        str
            The name of the image by its digest, which does not change.

        Raises
        ------
        ImageMissing, NodeDown
            As `launchers.base.Launcher.prepare`; also where a signature is required, and is missing or wrong.
        """
        if "/" in module and self.published.image(module, version) is None:
            await self.published.read()  # this process does not follow what is published
        if self._settings.require_signed and (told := self.published.unsigned(module, version)):
            raise ImageMissing(launcher.kind, told)
        return await launcher.prepare(self.image_name(module, version))

    def described(self, name: str) -> Described:
        """Return the present description; never waits."""
        return self._described.get(name, Described("asking", None))

    async def description(self, name: str) -> Mapping[str, Any]:
        """Return the description of a module, which its image gives where it is not known yet.

        Parameters
        ----------
        name : str
            The module's name.

        Returns
        -------
        mapping
            The description D of ``docs/contracts.md``, section 5.

        Raises
        ------
        NotFound
            If there is no such module.
        Unavailable
            If the image cannot be asked, or gives no description; with the reason.
        """
        self.get(name)
        known = self.described(name)
        if known.state != "ready":
            known = await asyncio.shield(self._ask_once(name))
        if known.description is None:
            raise Unavailable(f"The parameters of {name} are not known: {known.reason}")
        return known.description

    def isolation(self, name: str, resources: Resources) -> Resources:
        """Return what something of a module needs: a node with isolation if it is not the platform's own.

        Parameters
        ----------
        name : str
            The module's name; one that is not in the catalog is nobody's own.
        resources : Resources
            What else it needs.
        """
        module = self._catalog.modules.get(name)
        return replace(resources, isolated=resources.isolated or module is None or not is_own(module))

    async def deployable_image(self, name: str) -> str:
        """Return the image of a module by digest: a module of somebody else may not say its parameters.

        Parameters
        ----------
        name : str
            The module's name.

        Returns
        -------
        str
            The image.

        Raises
        ------
        NotFound
            If there is no such module.
        Unavailable
            If no node gives the image, or one of ours does not describe itself; with the reason.
        """
        if self.get(name).entry != "deepaas":
            await self.description(name)
            return self.described(name).image
        known = self.described(name)
        if not known.image:
            known = await asyncio.shield(self._ask_once(name))
        if not known.image:
            raise Unavailable(f"The image of {name} is not known: {known.reason}")
        return known.image

    async def serving_image(self, name: str, version: str, training: str) -> str:
        """Return the image that serves models of a module.

        Parameters
        ----------
        name, version : str
            Of the module.
        training : str
            The image that trains, which can serve, too.

        Returns
        -------
        str
            The image without what only training needs, by digest, where the module has one and a node gives
            it; else `training`.
        """
        module = self._catalog.modules.get(name)
        if module is None or not module.serves_apart:
            return training
        wanted = self.image_name(f"{name}{SERVING}", version)
        for node in self._nodes.all():
            if node.ok and not node.denied:
                try:
                    return await self._nodes.launcher(node.name).prepare(wanted)
                except LaunchError as error:
                    log.info("node %s does not give %s: %s", node.name, wanted, error)
        return training

    def _ask_once(self, name: str) -> asyncio.Task[Described]:
        """Ask a module's image, or wait for the answer to an earlier question."""
        if name not in self._asking:
            task = asyncio.create_task(self._ask(name), name=f"describe {name}")
            self._asking[name] = task
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        return self._asking[name]

    async def _ask_until_known(self, name: str) -> None:
        pause = RETRY_SECONDS
        while not await self._ask_in_turn(name):
            try:
                async with asyncio.timeout(pause):
                    await self._retry.wait()
                pause = RETRY_SECONDS
            except TimeoutError:
                pause = min(pause * 2, RETRY_MOST)

    async def _ask_in_turn(self, name: str) -> bool:
        """Ask when the images before it were asked; return whether the description is known.

        Who waits for a description calls `_ask_once`, and does not wait for this turn.
        """
        async with self._few:
            if self.described(name).state == "ready":
                return True
            return (await asyncio.shield(self._ask_once(name))).state == "ready"

    def retry(self) -> None:
        """Ask again what could not be described: a node came or went."""
        waiting, self._retry = self._retry, asyncio.Event()
        waiting.set()

    async def _ask(self, name: str) -> Described:
        module = self.get(name)
        try:
            described = await self._answer(module)
        except (LaunchError, DescriptionFailed) as error:
            reason = error.reason if isinstance(error, LaunchError) else str(error)
            described = Described("failed", None, reason)
        except Exception as error:  # a page shows the reason, whatever the error is
            log.exception("module %s cannot be described", name)
            described = Described("failed", None, repr(error))
        self._described[name] = described
        self._live.publish("modules", "described", {"module": name, "state": described.state})
        return described

    async def _answer(self, module: Module) -> Described:
        answering = [node for node in self._nodes.all() if node.ok and not node.denied]
        if not answering:
            raise DescriptionFailed("no node answers")
        node = next((node for node in answering if node.isolated or is_own(module)), None)
        if node is None:
            raise DescriptionFailed("it is not the platform's own, and no node has isolation")
        launcher = self._nodes.launcher(node.name)
        image = await self.image(module.name, module.version, launcher)
        by_content = "sha256:" in image  # else it may change under its name, and is asked at each start
        known = await self._remembered(image, module.name) if by_content else None
        third_party = module.entry == "deepaas"
        if known is not None and third_party and known.get("entry") != mounting.VERSION:
            known = None  # by an older platform, which asked the image's own program
        if known is None:
            try:
                known = await ask(
                    launcher,
                    image,
                    local_name(module.name),
                    self._settings.describe_timeout_s,
                    self._owner,
                    third_party=third_party,
                )
            except DescriptionFailed as error:
                if not third_party:
                    raise
                # It may serve all the same.
                return Described("failed", None, f"{error}; it can be deployed without them", image)
            if by_content:
                await self._remember(image, module.name, known)
        return Described("ready", known, image=image)

    async def _remembered(self, image: str, module: str) -> dict[str, Any] | None:
        table = module_descriptions
        query = select(table.c.description).where(table.c.digest == image, table.c.module == module)
        async with self._database.read() as connection:
            found: dict[str, Any] | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def _remember(self, image: str, module: str, description: Mapping[str, Any]) -> None:
        row = {"digest": image, "module": module, "description": dict(description), "asked": clock.now()}
        async with self._database.write() as connection:
            of_it = (module_descriptions.c.digest == image, module_descriptions.c.module == module)
            await connection.execute(delete(module_descriptions).where(*of_it))
            await connection.execute(insert(module_descriptions).values(row))

    async def _sweep(self) -> None:
        """Remove containers that an earlier run of the platform left."""
        for node in self._nodes.all():
            launcher = self._nodes.launcher(node.name)
            try:
                for handle in await launcher.list(self._owner):
                    await launcher.remove(handle)
            except LaunchError as error:
                log.info("node %s could not be swept: %s", node.name, error)


def stamps(folder: Path) -> Stamps:
    """Return size and time of change of every module's file and README below a folder."""
    found: Stamps = {}
    for name in (*FILES, "README.md"):
        for path in folder.glob(f"*/{name}"):
            with contextlib.suppress(OSError):  # it was taken away meanwhile
                state = path.stat()
                found[str(path)] = (state.st_size, state.st_mtime_ns)
    return found
