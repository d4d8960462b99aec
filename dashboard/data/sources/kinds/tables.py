"""Lists of records that are VOTables: fetched to disk, read in a process of its own, made into records."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from dashboard.data.sources.record import Fault, FetchError, Notice, NoticeKind, Record, RecordPage
from dashboard.data.sources.source import SourceContext
from dashboard.data.sources.votable.columns import Roles, roles_of
from dashboard.data.sources.votable.lines import head_of, rows_of
from dashboard.data.sources.votable.reader import read_table
from dashboard.data.sources.votable.table import (
    BinaryRowsError,
    Row,
    ServiceDescriptor,
    TableError,
    TableFault,
    TableHead,
)

PAGE = 2000  # records
SODA_SYNC = "ivo://ivoa.net/std/soda#sync"
DATALINK = "ivo://ivoa.net/std/datalink#links"
LONGEST_MESSAGE = 2000
#: Parameter of a source to the role of the column that it names.
CHOSEN = {"link_column": "link", "label_column": "label", "object_column": "object"}


async def fetch_table(context: SourceContext, address: str, **request: Any) -> tuple[Path, TableHead]:
    """Fetch a VOTable.

    Parameters
    ----------
    context : SourceContext
        Of the source.
    address : str
        Where it is.
    **request : object
        As for `HttpClient.ask`.

    Returns
    -------
    lines, head : Path, TableHead
        Its rows as lines of JSON; everything else.

    Raises
    ------
    FetchError
        If it cannot be fetched or read, or the service says that it failed.
    """
    table = context.folder / "list.xml"
    request = context.authorized(address) | request
    async with context.clients.http.ask(address, errors=True, **request) as answer:
        with table.open("wb", buffering=0) as file:
            async for block in answer.blocks(context.clients.limits.document_bytes):
                await asyncio.to_thread(file.write, block)
        failed = answer.failure
    try:
        return await read_lines(context, table)
    except FetchError as error:
        # What came with a status of an error is read for the service's words only.
        raise (failed if failed and error.fault is not Fault.SERVICE else error) from error


async def read_lines(context: SourceContext, table: Path) -> tuple[Path, TableHead]:
    """Read a VOTable on disk.

    Parameters
    ----------
    context : SourceContext
        Of the source.
    table : Path
        The VOTable.

    Raises
    ------
    FetchError
        If it cannot be read, or the service says that it failed.
    """
    lines = context.folder / "list.jsonl"
    try:
        await context.read_table(table, lines)
    except TableError as error:
        raise table_error(error) from error
    head = await asyncio.to_thread(head_of, lines)
    require_ok(head)
    return lines, head


def require_ok(head: TableHead) -> None:
    """Return if a service does not say that it failed; a `FetchError` with its words else."""
    if head.status == "ERROR":
        raise FetchError(
            Fault.SERVICE, head.message[:LONGEST_MESSAGE] or "QUERY_STATUS is ERROR, without words"
        )


def table_error(error: TableError) -> FetchError:
    """Return the error of a document that is no VOTable."""
    return FetchError(Fault.HTML if error.fault is TableFault.HTML else Fault.TABLE, str(error))


async def small_table(context: SourceContext, document: bytes) -> tuple[list[Row], TableHead]:
    """Read a small VOTable, such as an answer of DataLink.

    Parameters
    ----------
    context : SourceContext
        Of the source.
    document : bytes
        The VOTable.

    Returns
    -------
    rows, head : list, TableHead
        What it holds.

    Raises
    ------
    FetchError
        If it cannot be read, or the service says that it failed.
    """
    rows: list[Row] = []
    try:
        head = await asyncio.to_thread(read_table, [document], rows.append, PAGE)
    except TableError as error:
        raise table_error(error) from error
    except BinaryRowsError:
        with tempfile.TemporaryDirectory(dir=context.folder) as folder:
            table = Path(folder) / "links.xml"
            await asyncio.to_thread(table.write_bytes, document)
            lines, head = await read_lines(dataclasses.replace(context, folder=Path(folder)), table)
            rows = [row for block in rows_of(lines, PAGE) for row in block]
    require_ok(head)
    return rows, head


def chosen_columns(values: Mapping[str, Any]) -> dict[str, str]:
    """Return role to column, of what a person chose."""
    return {role: str(values[name]) for name, role in CHOSEN.items() if values.get(name)}


async def table_records(
    context: SourceContext, lines: Path, head: TableHead, base: str
) -> AsyncIterator[RecordPage]:
    """Yield the records of a table.

    Parameters
    ----------
    context : SourceContext
        Says which columns were chosen.
    lines : Path
        The rows.
    head : TableHead
        Columns, status and services.
    base : str
        Address of the table, for links that are relative; empty: there are none.

    Yields
    ------
    RecordPage
        With a notice first where the service has more than it listed.

    Raises
    ------
    FetchError
        If no column has links.
    """
    roles = roles_of(head.columns, chosen_columns(context.values))
    extra = service_extra(head.services)
    if not roles.links and not ("id" in roles.of and extra):
        names = ", ".join(roles.names[:30]) or "none"
        raise FetchError(Fault.NO_LINK, f"no column of the table has links; its columns: {names}")
    if head.status == "OVERFLOW":
        yield RecordPage((), (Notice(NoticeKind.OVERFLOW, head.message[:LONGEST_MESSAGE]),))
    blocks = rows_of(lines, PAGE)
    while block := await asyncio.to_thread(next, blocks, None):
        yield RecordPage(tuple(_record(roles, row, extra, base) for row in block))


def _record(roles: Roles, row: Row, extra: Mapping[str, Any], base: str) -> Record:
    record = roles.record(row, **extra)
    if not record.address or not base or "://" in record.address[:12]:
        return record
    try:
        return dataclasses.replace(record, address=urljoin(base, record.address))
    except ValueError:
        return record


def service_extra(services: list[ServiceDescriptor]) -> dict[str, Any]:
    """Return what a record keeps of the services that came with its table: one-hop SODA and DataLink."""
    found: dict[str, Any] = {}
    for one in services:
        standard = one.standard.lower()
        if standard.startswith(SODA_SYNC) and one.access_url:
            found.setdefault("soda", {"url": one.access_url, "inputs": [each.name for each in one.inputs]})
        elif standard.startswith(DATALINK) and one.access_url:
            names = [each.name for each in one.inputs if each.ref] or ["ID"]
            found.setdefault("links", {"url": one.access_url, "input": names[0]})
    return found
