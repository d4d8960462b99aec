"""Makes sources of rows: with decrypted credentials, and the clients that the settings bound."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from dashboard.base.credential_cipher import CredentialCipher
from dashboard.data.acquisition.acquisition import SourceRow
from dashboard.data.acquisition.store.sources import SourceStore
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.sources.kinds.registry import KINDS
from dashboard.data.sources.record import Fault, FetchError
from dashboard.data.sources.source import KeepsConnections, Source, SourceContext
from dashboard.data.sources.transport.clients import Clients
from dashboard.data.sources.transport.http import HttpClient
from dashboard.data.sources.transport.limits import TransferLimits
from dashboard.data.sources.transport.turns import Turns
from dashboard.data.sources.votable.lines import write_lines
from dashboard.settings import SourceSettings

MB = 10**6
READ_S = 1800.0  # in which a list of a million rows must be read
UPLOADED = "uploaded"  # a list, in the folder of its source


class SourceFactory:
    """Makes sources.

    Parameters
    ----------
    store : SourceStore
        Has the credentials.
    cipher : CredentialCipher
        Decrypts them.
    folder : Path
        ``<home>/sources``.
    settings : SourceSettings
        Limits of transfers.
    file_limit_mb : int
        The most that one file may have.
    """

    def __init__(
        self,
        store: SourceStore,
        cipher: CredentialCipher,
        folder: Path,
        settings: SourceSettings,
        file_limit_mb: int,
    ) -> None:
        self._users = 0
        self._store = store
        self._cipher = cipher
        self._folder = folder
        self._settings = settings
        limits = TransferLimits(
            tuple(settings.networks),
            settings.silence_s,
            settings.least_rate,
            settings.list_mb * MB,
            file_limit_mb * MB,
        )
        turns = Turns(settings.per_host)
        self._clients = Clients(HttpClient(limits, turns), limits, turns)
        self._readers = ProcessPool(1)

    async def start(self) -> None:
        """Open the clients; acquisitions and the cache share them."""
        self._users += 1
        if self._users == 1:
            await self._clients.http.start()

    async def stop(self) -> None:
        """Close the clients with the last user, and end the process that reads tables."""
        self._users -= 1
        if self._users > 0:
            return
        await self._clients.http.stop()
        await self._readers.stop()

    def folder_of(self, source: str) -> Path:
        """Return where the files of a source lie."""
        return self._folder / source

    @asynccontextmanager
    async def open(self, row: SourceRow, work: str) -> AsyncIterator[Source]:
        """Make a source; the block uses it.

        Parameters
        ----------
        row : SourceRow
            The source.
        work : str
            Name of the folder for its documents, which is removed at the end.

        Yields
        ------
        Source
            Ready to list and to open records.

        Raises
        ------
        FetchError
            If its address is none.
        Unavailable
            If its credentials cannot be decrypted.
        """
        folder = self.folder_of(row.id) / work
        folder.mkdir(parents=True, exist_ok=True)
        source: Source | None = None
        try:
            source = KINDS[row.kind].make(await self.context(row, folder))
            yield source
        finally:
            if isinstance(source, KeepsConnections):
                await source.stop()
            shutil.rmtree(folder, ignore_errors=True)

    async def context(self, row: SourceRow, folder: Path) -> SourceContext:
        """Return what a source is made of.

        Parameters
        ----------
        row : SourceRow
            The source.
        folder : Path
            For its documents.
        """
        uploaded = self.folder_of(row.id) / UPLOADED if row.uploaded else None
        told = self._cipher.decrypt(await self._store.credentials(row.id))
        sealed: Mapping[str, str] = json.loads(told) if told else {}
        # Who was given a source by somebody else was not given what that person is trusted with.
        own = sealed.get("owner") == row.owner
        credentials = {name: sealed[name] for name in ("user", "password")} if own else {}
        return SourceContext(row.values, self._clients, folder, self._read_table, credentials, uploaded)

    async def _read_table(self, table: Path, lines: Path) -> None:
        try:
            await self._readers.run(
                write_lines,
                table,
                lines,
                self._settings.records,
                limit_s=READ_S,
                reads=[table],
                writes=[lines.parent],
            )
        except WorkerLost as error:
            raise FetchError(Fault.TABLE, str(error)) from error
