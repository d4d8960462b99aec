"""VOTables of the VO's services, written piece by piece, and their descriptions of other services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from xml.sax.saxutils import quoteattr

from aiohttp import web

from dashboard.data.curves.processed import CSV, FITS, VOTABLE
from wire.streamed import StreamedAnswer
from wire.votable import NAMESPACE, Field, choices, clean, field, info, parameter, row

TYPE = VOTABLE
LINKS_TYPE = f"{VOTABLE};content=datalink"
LINKS_ID = "ivo://ivoa.net/std/DataLink#links-1.1"
SODA_ID = "ivo://ivoa.net/std/SODA#sync-1.0"
FILES = (VOTABLE, FITS, CSV)
AT_ONCE = 500  # rows in one piece
OPEN = f"""<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="{NAMESPACE}">
"""
BAND = Field(
    "BAND", "double", "em.wl", "m", "What is cut out: shortest and longest wavelength", "", "interval", "2"
)
CALIBRATION = Field("FLUXCALIB", "char", "phot.calib", "", "normalized: divided by the continuum")
POINTS = Field("POINTS", "int", "meta.number", "", "Points of an equidistant grid to resample to")
FORMAT = Field("RESPONSEFORMAT", "char", "meta.code.mime", "", "Of the file")


def head(infos: Iterable[str], fields: Sequence[Field], parts: Iterable[str] = ()) -> str:
    """Return what precedes the first row.

    Parameters
    ----------
    infos : iterable of str
        Elements INFO.
    fields : sequence of Field
        The columns.
    parts : iterable of str
        Elements PARAM.
    """
    lines = [f'{OPEN}<RESOURCE type="results">', *infos, '<TABLE name="results">', *parts]
    lines += [field(one) for one in fields]
    return "\n".join([*lines, "<DATA><TABLEDATA>", ""])


def end(infos: Iterable[str] = (), resources: Iterable[str] = ()) -> str:
    """Return what follows the last row: what is told then, and other resources."""
    told = "\n".join(infos)
    return f"</TABLEDATA></DATA></TABLE>{told}</RESOURCE>\n{''.join(resources)}</VOTABLE>\n"


def message(status: str, text: str) -> str:
    """Return a whole document that only says how a query went."""
    told = info("QUERY_STATUS", status, text)
    return f'{OPEN}<RESOURCE type="results">{told}</RESOURCE></VOTABLE>\n'


def service(name: str, standard: str, address: str, inputs: Iterable[str]) -> str:
    """Return the description of a service (DataLink 1.1, section 4).

    Parameters
    ----------
    name, standard, address : str
        ID of the resource, identifier of the standard, where it is called.
    inputs : iterable of str
        Its parameters, as elements PARAM.
    """
    about = (("standardID", standard), ("accessURL", address))
    told = "".join(
        f'<PARAM name="{key}" datatype="char" arraysize="*" value={quoteattr(clean(value))}/>\n'
        for key, value in about
        if value
    )
    grouped = f'<GROUP name="inputParams">\n{"".join(f"{one}{chr(10)}" for one in inputs)}</GROUP>'
    return f'<RESOURCE ID="{name}" type="meta" utype="adhoc:service">\n{told}{grouped}\n</RESOURCE>\n'


def soda_inputs(identifier: str, *, ref: str = "", band: tuple[float, float] | None = None) -> list[str]:
    """Return the parameters of SODA.

    Parameters
    ----------
    identifier : str
        Of the spectrum; empty: that of each row of the column `ref`.
    ref : str
        ID of a column.
    band : tuple of float or None
        Metres, what the spectrum covers.
    """
    named = Field("ID", "char", "meta.id;meta.main", "", "Publisher's identifier of the spectrum")
    limits = ""
    if band is not None:
        limits = f'<VALUES><MIN value="{band[0]!r}"/><MAX value="{band[1]!r}"/></VALUES>'
    return [
        parameter(named, identifier, ref=ref),
        parameter(BAND, "", inner=limits),
        parameter(CALIBRATION, "", inner=choices(["normalized", "unnormalized"])),
        parameter(POINTS, ""),
        parameter(FORMAT, FILES[0], inner=choices(FILES)),
    ]


def links_inputs(ref: str) -> list[str]:
    """Return the parameter of DataLink, whose value is in a column."""
    named = Field("ID", "char", "meta.id;meta.main", "", "Publisher's identifier of the spectrum")
    return [parameter(named, "", ref=ref)]


def cell(value: str | float | None) -> str:
    """Return a value as the text of a cell; empty: there is none."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


async def stream(request: web.Request, pieces: AsyncIterator[str], media: str = TYPE) -> web.StreamResponse:
    """Send a document while it is made.

    Parameters
    ----------
    request : web.Request
        Who asked.
    pieces : async iterator of str
        Parts of the document.
    media : str
        Its type.
    """
    response = StreamedAnswer(headers={"Cache-Control": "no-store", "Content-Type": media})
    await response.prepare(request)
    async for piece in pieces:
        await response.write(piece.encode("utf-8", "replace"))
    await response.write_eof()
    return response


def rows_of(values: Iterable[Iterable[str | float | None]]) -> str:
    """Return rows as text."""
    return "".join(row(cell(value) for value in one) for one in values)
