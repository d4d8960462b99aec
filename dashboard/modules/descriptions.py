"""The descriptions of modules, which their images give."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from catalog import Module, local_name
from dashboard.base import clock
from dashboard.base.errors import Unavailable
from dashboard.base.events import Live
from dashboard.database.engine import Database
from dashboard.database.tables import module_descriptions
from dashboard.modules.describe import DescriptionFailed, ask
from dashboard.modules.images import ModuleImages
from dashboard.modules.offered import OfferedModules
from dashboard.modules.own_code import is_own
from dashboard.nodes.registry import Nodes
from deepaas_entry import mounting
from launchers import LaunchError

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0  # until a description that failed is asked for again; doubles each time
RETRY_MOST = 1800.0
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


class Descriptions:
    """Asks the images of modules for their parameters, and remembers the answers.

    Parameters
    ----------
    modules, images
        The modules, and their images.
    database, live, nodes
        The platform's.
    timeout_s : float
        How long an image may take.
    owner : str
        Label of the containers that are asked.
    """

    def __init__(
        self,
        modules: OfferedModules,
        images: ModuleImages,
        database: Database,
        live: Live,
        nodes: Nodes,
        *,
        timeout_s: float,
        owner: str,
    ) -> None:
        self._modules = modules
        self._images = images
        self._database = database
        self._live = live
        self._nodes = nodes
        self._timeout_s = timeout_s
        self._owner = owner
        self._described: dict[str, Described] = {}
        self._asking: dict[str, asyncio.Task[Described]] = {}
        self._background: list[asyncio.Task[None]] = []
        self._few = asyncio.Semaphore(AT_ONCE)
        self._retry = asyncio.Event()

    async def start(self) -> None:
        """Remove containers that an earlier run of the platform left."""
        for node in self._nodes.all():
            launcher = self._nodes.launcher(node.name)
            try:
                for handle in await launcher.list(self._owner):
                    await launcher.remove(handle)
            except LaunchError as error:
                log.info("node %s could not be swept: %s", node.name, error)

    async def stop(self) -> None:
        """Stop asking."""
        tasks = [*self._background, *self._asking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def ask(self, names: Iterable[str]) -> None:
        """Ask modules in the background, until each has answered; what was known of them is forgotten.

        Parameters
        ----------
        names : iterable of str
            Names of modules.
        """
        self._background = [task for task in self._background if not task.done()]
        for name in names:
            self._described.pop(name, None)
            self._background.append(asyncio.create_task(self._ask_until_known(name)))

    def known(self, name: str) -> Described:
        """Return the present description; never waits."""
        return self._described.get(name, Described("asking", None))

    async def of(self, name: str) -> Mapping[str, Any]:
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
        self._modules.get(name)
        known = self.known(name)
        if known.state != "ready":
            known = await asyncio.shield(self._ask_once(name))
        if known.description is None:
            raise Unavailable(f"The parameters of {name} are not known: {known.reason}")
        return known.description

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
        if self._modules.get(name).entry != "deepaas":
            await self.of(name)
            return self.known(name).image
        known = self.known(name)
        if not known.image:
            known = await asyncio.shield(self._ask_once(name))
        if not known.image:
            raise Unavailable(f"The image of {name} is not known: {known.reason}")
        return known.image

    def retry(self) -> None:
        """Ask again what could not be described: a node came or went."""
        waiting, self._retry = self._retry, asyncio.Event()
        waiting.set()

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
            if self.known(name).state == "ready":
                return True
            return (await asyncio.shield(self._ask_once(name))).state == "ready"

    async def _ask(self, name: str) -> Described:
        module = self._modules.get(name)
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
        image = await self._images.fetch(module.name, module.version, launcher)
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
                    self._timeout_s,
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
