"""What the columns of a list of spectra are: by utype (SSA, ObsCore), UCD, then name.

Utypes: SSA 1.1, section 4.2.5; ObsCore 1.1, appendix B. `acref` and `accref` are how servers of GAVO DaCHS
and TOPCAT name the link.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from dashboard.data.sources.record import Record
from dashboard.data.sources.votable.table import Column, Row

DATALINK = "content=datalink"
#: Role to the utypes, UCDs and names by which a column has it, in this order.
ROLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "link": (
        ("access.reference",),
        ("vox:image_accessreference", "meta.ref.url;meta.main"),
        ("access_url", "accessurl", "acref", "accref", "url", "fits_url", "spectrum_url", "link"),
    ),
    "format": (("access.format",), ("meta.code.mime",), ("access_format", "format", "mime", "content_type")),
    "size": (("access.size",), (), ("access_estsize", "accsize", "size")),
    "datalink": ((), (), ("datalink", "datalink_url")),
    "id": (
        ("curation.publisherdid",),
        ("meta.ref.ivoid", "meta.ref.uri;meta.curation"),
        ("ssa_pubdid", "obs_publisher_did", "publisher_did"),
    ),
    "title": (("dataid.title",), ("meta.title",), ("ssa_dstitle", "obs_title", "title")),
    "object": (
        ("target.name",),
        ("meta.id;src", "meta.id;src;meta.main"),
        ("ssa_targname", "target_name", "object", "designation", "obj_id", "source_id"),
    ),
    "label": ((), ("src.class",), ("label", "class", "cls", "mk_class", "spectral_type", "sp_type")),
    "ra": ((), ("pos.eq.ra;meta.main", "pos.eq.ra"), ("s_ra", "ra", "raj2000", "_raj2000")),
    "dec": ((), ("pos.eq.dec;meta.main", "pos.eq.dec"), ("s_dec", "dec", "dej2000", "decj2000", "_dej2000")),
    "position": (("target.pos", "char.spatialaxis.coverage.location.value"), ("pos.eq",), ("ssa_location",)),
}
KILOBYTE = 1000


@dataclass(frozen=True)
class Roles:
    """Numbers of columns by role."""

    of: Mapping[str, int]
    names: Sequence[str]
    kilobytes: bool

    @property
    def links(self) -> bool:
        """Whether there is a column by which a file can be fetched."""
        return bool({"link", "datalink"} & self.of.keys())

    def cell(self, row: Row, role: str) -> str:
        """Return a cell by its column's role; empty where there is none."""
        number = self.of.get(role)
        return (row[number] or "") if number is not None and number < len(row) else ""

    def record(self, row: Row, **extra: Any) -> Record:
        """Return a row as a record; a row without a link has no address.

        Parameters
        ----------
        row : list of str
            Of the table.
        **extra : object
            What goes into the record's `extra`.
        """
        link, form = self.cell(row, "link"), self.cell(row, "format")
        datalink = self.cell(row, "datalink") or (link if DATALINK in form.lower().replace(" ", "") else "")
        told = {"datalink": datalink} if datalink else {}
        if identifier := self.cell(row, "id"):
            told["id"] = identifier
        if form:
            told["format"] = form
        ra, dec = self._position(row)
        address = link or datalink
        return Record(
            address,
            name_of(address, form),
            self.cell(row, "title"),
            self.cell(row, "label"),
            self.cell(row, "object"),
            ra,
            dec,
            self._size(row),
            told | extra,
        )

    def _position(self, row: Row) -> tuple[float | None, float | None]:
        ra, dec = _number(self.cell(row, "ra")), _number(self.cell(row, "dec"))
        if ra is None or dec is None:
            both = [
                _number(part) for part in self.cell(row, "position").strip("()").replace(",", " ").split()
            ]
            ra, dec = (both[0], both[1]) if len(both) == 2 else (None, None)
        if ra is None or dec is None or not (-360 <= ra <= 720 and -90 <= dec <= 90):
            return None, None
        return ra % 360.0, dec

    def _size(self, row: Row) -> int | None:
        size = _number(self.cell(row, "size"))
        if size is None or not 0 < size < 1e15:
            return None
        return int(size * (KILOBYTE if self.kilobytes else 1))


def roles_of(columns: Sequence[Column], chosen: Mapping[str, str] | None = None) -> Roles:
    """Return which column has which role.

    Parameters
    ----------
    columns : sequence of Column
        Of the table.
    chosen : mapping, optional
        Role to the name of a column, which is used whatever the table says.
    """
    found: dict[str, int] = {}
    for role, (utypes, ucds, names) in ROLES.items():
        number = _find(columns, utypes, ucds, names)
        if number is not None:
            found[role] = number
    for role, name in (chosen or {}).items():
        numbers = [number for number, one in enumerate(columns) if name and name in {one.name, one.id}]
        if numbers:
            found[role] = numbers[0]
    # ObsCore gives kilobytes, and SSA bytes (its errata) or kilobytes by the unit of the column.
    size = columns[found["size"]] if "size" in found else Column("")
    kilobytes = size.name.lower() == "access_estsize" or size.unit.lower() in {"kbyte", "kb", "kilobyte"}
    return Roles(found, [one.name for one in columns], kilobytes)


def _find(
    columns: Sequence[Column], utypes: Sequence[str], ucds: Sequence[str], names: Sequence[str]
) -> int | None:
    for number, one in enumerate(columns):
        utype = one.utype.lower().rpartition(":")[2]
        if any(utype == wanted or utype.endswith(f".{wanted}") for wanted in utypes):
            return number
    for ucd in ucds:
        for number, one in enumerate(columns):
            if one.ucd.lower() == ucd:
                return number
    lower = [one.name.lower() for one in columns]
    return next((lower.index(name) for name in names if name in lower), None)


def name_of(address: str, form: str = "") -> str:
    """Return a file name for an address: the end of its path, or of what its query names as a file or id."""
    parts = urlsplit(address)
    name = unquote(basename(parts.path.rstrip("/")))
    if "." not in name:
        named = [value for _, value in parse_qsl(parts.query) if "/" in value or "." in value]
        if named:
            name = unquote(basename(urlsplit(named[0]).query or named[0])) or name
    if "." not in name:
        name += ending_of(form)
    return name.strip() or "spectrum"


def ending_of(form: str) -> str:
    """Return the ending of a file of a media type; empty where it is not known."""
    form = form.lower()
    for word, ending in (("fits", ".fits"), ("votable", ".vot"), ("csv", ".csv"), ("text/plain", ".txt")):
        if word in form:
            return ending
    return ""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
