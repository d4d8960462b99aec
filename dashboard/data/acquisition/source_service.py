"""The sources that people keep: made, changed, listed, deleted. Credentials are stored encrypted."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, require_member
from dashboard.base import clock
from dashboard.base.credential_cipher import CredentialCipher
from dashboard.base.errors import FieldError, Invalid
from dashboard.base.parameter_values import validate_parameters
from dashboard.data.acquisition.acquisition import Schedule, SourceRow
from dashboard.data.acquisition.factory import UPLOADED, SourceFactory
from dashboard.data.acquisition.store.sources import SourceStore
from dashboard.data.dataset import dataset_name
from dashboard.data.ingest.upload_stream import TooLarge, receive
from dashboard.data.sources.kinds.registry import KINDS
from dashboard.data.sources.kinds.ssa import SsaSource
from dashboard.data.sources.record import FetchError
from dashboard.data.sources.transport.http import origin_of
from dashboard.data.sources.votable.table import Parameter

UPLOAD_LIMIT = 2 * 10**9  # bytes of a list
LONGEST_SECRET = 4096


class SourceService:
    """Sources.

    Parameters
    ----------
    store : SourceStore
        Where they are.
    factory : SourceFactory
        Asks a service what it takes, and knows the folder of a source.
    cipher : CredentialCipher
        Encrypts credentials.
    nightly_hour : int
        Hour (UTC) of the schedule.
    """

    def __init__(
        self, store: SourceStore, factory: SourceFactory, cipher: CredentialCipher, nightly_hour: int
    ) -> None:
        self.store = store
        self._factory = factory
        self._cipher = cipher
        self._hour = nightly_hour

    async def create(self, given: Mapping[str, Any], identity: Identity) -> SourceRow:
        """Make a source.

        Parameters
        ----------
        given : mapping
            ``name``, ``kind``, ``values``; optionally ``user``, ``password``, ``schedule``, ``project``.
        identity : Identity
            Who owns it.

        Raises
        ------
        Invalid
            With everything that is wrong, by field.
        """
        project = given.get("project") or None
        require_member(identity, project)
        kind = str(given["kind"])
        if kind not in KINDS:
            raise Invalid(
                "There is no such kind.", [FieldError("kind", f"must be one of {', '.join(KINDS)}")]
            )
        columns = self._columns(kind, given, identity.user)
        return await self.store.create(identity, project, {"kind": kind, "credentials": "", **columns})

    async def change(self, source: str, given: Mapping[str, Any], identity: Identity) -> SourceRow:
        """Change a source; what is left out stays.

        Parameters
        ----------
        source : str
            Its id.
        given : mapping
            As for `create`, without kind and project. An empty user takes the credentials away.
        identity : Identity
            Who changes it.

        Raises
        ------
        Invalid
            With everything that is wrong, by field.
        NotFound, Denied
            If the identity may not see it; may not change it.
        """
        row = await self.get(source, identity, Action.CHANGE)
        values = {"name": row.name, "values": row.values, "schedule": row.schedule}
        columns = self._columns(row.kind, {**values, **given}, row.owner)
        before, after = (str(one.get("address") or "") for one in (row.values, columns["values"]))
        if origin_of(before) != origin_of(after) or row.kind == "ftp":
            # What one server was trusted with is not sent to another.
            columns.setdefault("credentials", "" if before != after else await self.store.credentials(source))
        await self.store.change(source, **columns)
        return await self.store.get(source)

    async def get(self, source: str, identity: Identity = SYSTEM, action: Action = Action.READ) -> SourceRow:
        """Return a source.

        Parameters
        ----------
        source : str
            Its id.
        identity : Identity
            Who asks.
        action : Action
            What it is about to do.

        Raises
        ------
        NotFound, Denied
            If the identity may not see it; may see it, but not do this.
        """
        row = await self.store.get(source)
        authorize(identity, action, Resource("source", source, row.ownership))
        return row

    async def delete(self, source: str, identity: Identity = SYSTEM) -> None:
        """Delete a source, its history and its lists; datasets stay."""
        await self.get(source, identity, Action.DELETE)
        await self.store.delete(source)
        await asyncio.to_thread(shutil.rmtree, self._factory.folder_of(source), ignore_errors=True)

    async def upload(self, source: str, chunks: AsyncIterator[bytes], identity: Identity) -> SourceRow:
        """Store the list of a source of the kind ``votable``; it replaces one before.

        Parameters
        ----------
        source : str
            Its id.
        chunks : async iterator of bytes
            The VOTable.
        identity : Identity
            Who uploads.

        Raises
        ------
        Invalid
            If the source is of another kind.
        TooLarge, StorageFull
            If the list is too large, or the disk full.
        """
        row = await self.get(source, identity, Action.CHANGE)
        if row.kind != "votable":
            raise Invalid("Only a source of the kind votable has a list.", [FieldError("kind", row.kind)])
        folder = self._factory.folder_of(source)

        def room(size: int) -> None:
            if size > UPLOAD_LIMIT:
                raise TooLarge(f"A list may have at most {UPLOAD_LIMIT // 10**6:,} MB.")

        received = await receive(chunks, folder, "the list", room)
        await asyncio.to_thread(received.part.replace, folder / UPLOADED)
        await self.store.change(source, uploaded=True)
        return await self.store.get(source)

    async def free_parameters(self, source: str, identity: Identity) -> list[Parameter]:
        """Return what an SSA service takes beside the parameters of the standard.

        Parameters
        ----------
        source : str
            Its id.
        identity : Identity
            Who asks.

        Raises
        ------
        Invalid
            If the source is of another kind, or the service does not say; with its words.
        """
        row = await self.get(source, identity, Action.CHANGE)
        if row.kind != "ssa":
            raise Invalid(
                "Only a source of the kind ssa has free parameters.", [FieldError("kind", row.kind)]
            )
        try:
            async with self._factory.open(row, "parameters") as opened:
                if not isinstance(opened, SsaSource):
                    raise TypeError(f"{opened!r} is no SSA")
                return await opened.free_parameters()
        except FetchError as error:
            raise Invalid(f"The service does not say what it takes: {error.detail}.") from error

    def next_run(self, schedule: str) -> str | None:
        """Return when a schedule asks for the next run; None: never."""
        if schedule != Schedule.NIGHTLY:
            return None
        now = datetime.now(UTC)
        wanted = now.replace(hour=self._hour, minute=0, second=0, microsecond=0)
        return clock.stamp(wanted if wanted > now else wanted + timedelta(days=1))

    def _columns(self, kind: str, given: Mapping[str, Any], owner: str) -> dict[str, Any]:
        """Return the columns of what was given, validated; credentials are of one owner alone."""
        values, errors = validate_parameters(KINDS[kind].parameters, given.get("values") or {}, "values")
        errors += _address_errors(str(values.get("address") or ""))
        schedule = str(given.get("schedule") or "")
        if schedule not in set(Schedule):
            errors.append(FieldError("schedule", "must be nightly or empty"))
        user, password = given.get("user"), given.get("password")
        if any(len(str(one or "")) > LONGEST_SECRET for one in (user, password)):
            errors.append(FieldError("password", f"may have at most {LONGEST_SECRET} characters"))
        if errors:
            raise Invalid("The source cannot be used.", errors)
        columns: dict[str, Any] = {
            "name": dataset_name(str(given["name"])),
            "values": values,
            "schedule": schedule,
            "next_run": self.next_run(schedule),
        }
        if user is not None or password:
            told = {"user": user or "", "password": password or ""}
            sealed = json.dumps({"owner": owner, **told})
            columns["credentials"] = self._cipher.encrypt(sealed) if any(told.values()) else ""
        return columns


def _address_errors(address: str) -> list[FieldError]:
    """Return what is wrong with addresses; a password in one would be shown to all who see the source."""
    try:
        secret = any(urlsplit(one).password for one in address.split())
    except ValueError as error:
        return [FieldError("values.address", f"is no address: {error}")]
    said = "must not hold a password: give user name and password in their own fields"
    return [FieldError("values.address", said)] if secret else []
