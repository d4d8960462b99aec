"""The catalogs of other platforms, whose modules the market offers, too."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import aiohttp
from marshmallow import ValidationError

from catalog import Module
from catalog.image import NAME
from dashboard.base import clock
from dashboard.base.outbound import guarded_connector
from dashboard.modules.signing import statement, verified
from dashboard.modules.versions import OFFERED, PublishedVersion, VersionState, VersionStore
from dashboard.settings.subscription import BETWEEN, Subscription

log = logging.getLogger(__name__)
CATALOG_LIMIT = 32 * 2**20  # bytes
ANSWER_S = 60.0
GONE = "It is no longer in the catalog that it came from."
_MODULE = re.compile(r"[a-z0-9][a-z0-9-]{0,100}/[a-z][a-z0-9_-]{0,62}")


def origin_of(module: str) -> tuple[str, str]:
    """Return the subscription of a module's name here, and its name there; both empty of one of our own."""
    namespace, _, rest = module.partition("/")
    name, between, own = namespace.partition(BETWEEN)
    return (name, f"{own}/{rest}") if between else ("", "")


def versions_of(document: Any, subscription: Subscription) -> Iterator[PublishedVersion]:
    """Yield the versions of a catalog whose signature and description are valid; others are logged.

    Parameters
    ----------
    document : Any
        A ``catalog.json``, which is not trusted.
    subscription : Subscription
        Whose it is.

    Yields
    ------
    PublishedVersion
        Under its name here.
    """
    entries = document.get("modules") if isinstance(document, Mapping) else None
    for entry in entries if isinstance(entries, list) else ():
        try:
            yield _version(entry, subscription)
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            log.warning("catalog %s: an entry is left out: %s", subscription.name, str(error)[:300])


def _version(entry: Mapping[str, Any], subscription: Subscription) -> PublishedVersion:
    name, version, image = str(entry["name"]), str(entry["version"]), str(entry["image"])
    document, signature = entry["document"], str(entry["signature"])
    found = NAME.fullmatch(image)
    if not _MODULE.fullmatch(name) or found is None or not found["digest"]:
        raise ValueError(f"{name[:100]} has no image by digest")
    if not verified(signature, statement(name, version, image, document), subscription.key):
        raise ValueError(f"{name} {version} has no valid signature of that platform")
    module = Module.from_document(document, name.rpartition("/")[2])
    if module.version != version or module.name != name.rpartition("/")[2]:
        raise ValueError(f"{name} {version} describes itself as {module.name} {module.version}")
    return PublishedVersion(
        module=subscription.local(name),
        version=version,
        state=VersionState.PUBLISHED,
        reason="",
        image=image,
        document=document,
        changelog=str(entry.get("changelog", ""))[:20_000],
        report={},
        sbom={"components": []},
        log="",
        source=subscription.address,
        revision="",
        files=f"catalog-{subscription.name}",
        signature=signature,
        publisher=f"@{subscription.name}",
        created=clock.now(),
    )


class Subscriptions:
    """Follows catalogs.

    Parameters
    ----------
    store : VersionStore
        Gets their versions.
    subscriptions : sequence of Subscription
        Which.
    networks : sequence of str
        CIDR; where they may lie beside public addresses.
    every_s : float
        Seconds between two looks.
    changed : callable
        Awaited when something has changed.
    """

    def __init__(
        self,
        store: VersionStore,
        subscriptions: Sequence[Subscription],
        networks: Sequence[str],
        every_s: float,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._store, self._subscriptions, self._networks = store, subscriptions, networks
        self._every_s, self._changed = every_s, changed
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Follow in the background, where there is a catalog to follow."""
        if self._subscriptions:
            self._task = asyncio.create_task(self._go_on(), name="catalogs")

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _go_on(self) -> None:
        while True:
            for subscription in self._subscriptions:
                try:
                    await self.follow(subscription)
                except (aiohttp.ClientError, TimeoutError, ValueError) as error:  # what was there stays
                    log.warning("catalog %s cannot be read: %s", subscription.name, error)
            await asyncio.sleep(self._every_s)

    async def follow(self, subscription: Subscription) -> None:
        """Read a catalog, and offer what it offers.

        Parameters
        ----------
        subscription : Subscription
            Which.

        Raises
        ------
        ValueError
            If it is too large, or no JSON.
        """
        document = await self._read(subscription.address)
        there = {(one.module, one.version): one for one in versions_of(document, subscription)}
        known = {
            (one.module, one.version): one
            for module in (await self._store.all()).values()
            if origin_of(module.module)[0] == subscription.name
            for one in module.versions
        }
        for key, one in there.items():
            if key not in known:
                await self._store.add(one, one.publisher)
            elif known[key].state is VersionState.YANKED and known[key].reason == GONE:
                await self._store.set_state(*key, VersionState.PUBLISHED, "")
        for key, one in known.items():
            if key not in there and one.state in OFFERED:
                await self._store.set_state(*key, VersionState.YANKED, GONE)
        await self._changed()

    async def _read(self, address: str) -> Any:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        async with (
            aiohttp.ClientSession(connector=guarded_connector(self._networks), timeout=timeout) as client,
            client.get(address, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status != 200:
                raise ValueError(f"it answered {answer.status}")
            content = bytearray()
            async for block in answer.content.iter_chunked(2**16):
                content += block
                if len(content) > CATALOG_LIMIT:
                    raise ValueError(f"it has more than {CATALOG_LIMIT >> 20} MB")
        return await asyncio.to_thread(json.loads, bytes(content))
