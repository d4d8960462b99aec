"""Simple Spectral Access (IVOA, SSA 1.1): a query by position, band and time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from dashboard.data.sources.kinds.described import address, parameter, wavelength
from dashboard.data.sources.kinds.linked import ANGSTROM, LINK_COLUMN, PARAMETERS, LinkedFiles
from dashboard.data.sources.kinds.tables import fetch_table, table_records
from dashboard.data.sources.record import Fault, FetchError, RecordPage
from dashboard.data.sources.source import SourceKind
from dashboard.data.sources.votable.table import Parameter

INPUT = "INPUT:"


class SsaSource(LinkedFiles):
    """The answer of a query.

    Parameters
    ----------
    context : SourceContext
        With the address of the service and the query.
    """

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """Yield what the query finds; see `Source.records`."""
        del resume
        address = query_address(self._values)
        lines, head = await fetch_table(self._context, address)
        async for page in table_records(self._context, lines, head, address):
            yield page

    async def free_parameters(self) -> list[Parameter]:
        """Return what the service takes beside the standard's parameters (``FORMAT=METADATA``).

        Raises
        ------
        FetchError
            If it does not say.
        """
        asked = {"REQUEST": "queryData", "FORMAT": "METADATA"}
        _, head = await fetch_table(self._context, _with(str(self._values["address"]).strip(), asked))
        inputs = [one for one in head.parameters if one.name.upper().startswith(INPUT)]
        for one in inputs:
            one.name = one.name[len(INPUT) :]
        return inputs


def query_address(values: Mapping[str, Any]) -> str:
    """Return the address of a query.

    Parameters
    ----------
    values : mapping
        The parameters of the source.

    Raises
    ------
    FetchError
        If the position is none.
    """
    asked: dict[str, str] = {"REQUEST": "queryData"}
    if position := str(values["position"]).strip():
        asked["POS"] = _position(position)
        if values["size"] is not None:
            asked["SIZE"] = f"{values['size']:.10g}"
    if values["band_min"] or values["band_max"]:
        low = f"{values['band_min'] * ANGSTROM:.10g}" if values["band_min"] else ""
        high = f"{values['band_max'] * ANGSTROM:.10g}" if values["band_max"] else ""
        asked["BAND"] = f"{low}/{high}"
    for name, key in (("time", "TIME"), ("format", "FORMAT")):
        if values[name]:
            asked[key] = str(values[name])
    if values["maxrec"]:
        asked["MAXREC"] = str(values["maxrec"])
    free = {str(name): str(value) for name, value in (values["free"] or {}).items()}
    return _with(str(values["address"]).strip(), asked | free)


def _position(text: str) -> str:
    parts = text.replace(",", " ").split()
    try:
        ra, dec = (float(part) for part in parts)
    except ValueError as error:
        raise FetchError(
            Fault.ADDRESS, f"the position {text[:60]!r} is not two numbers in degrees"
        ) from error
    return f"{ra:.10g},{dec:.10g}"


def _with(address: str, asked: Mapping[str, str]) -> str:
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode(asked)}"


KIND = SourceKind(
    name="ssa",
    title="Spectral service (SSA)",
    help="A service of the Virtual Observatory that finds spectra by position, band and time.",
    parameters=(
        address("The service's base address, ending with ? or not"),
        parameter(
            "position", "Position", "string", "Right ascension and declination, ICRS: 15.14 13.0", unit="°"
        ),
        parameter("size", "Size", "number", "Diameter of the circle.", 0.1, unit="°", minimum=0, maximum=360),
        wavelength("band_min", "Band from", "Wavelength in vacuum.", group="basic"),
        wavelength("band_max", "Band to", "Wavelength in vacuum.", group="basic"),
        parameter(
            "time", "Time", "string", "ISO 8601, one or a range: 2010-01-01/2012-01-01", group="advanced"
        ),
        parameter(
            "format",
            "Format",
            "string",
            "Only spectra of this format: fits, votable, compliant, or a media type.",
            group="advanced",
        ),
        parameter(
            "maxrec",
            "At most",
            "integer",
            "Records that the service is asked for.",
            None,
            minimum=1,
            maximum=10_000_000,
            group="advanced",
        ),
        parameter(
            "free",
            "Free parameters",
            "object",
            'What the service takes beside: {"SPECRP": "2000"}. The button below asks it.',
            None,
            nullable=True,
            group="advanced",
        ),
        LINK_COLUMN,
        *PARAMETERS,
    ),
    make=SsaSource,
)
