"""The parts of a VOTable 1.4 (IVOA) as text: the head and end of a table of predictions, fields, rows.

astropy's writer holds the whole table; here rows are written as they come, and no server needs astropy for
an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"  # that of 1.4 too (VOTable 1.4, section 3.1)

#: Letters that XML 1.0 cannot hold at all (section 2.2).
FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"

#: What follows the last row.
END = "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>\n"

Datatype = Literal["boolean", "long", "double", "unicodeChar"]


@dataclass(frozen=True)
class Field:
    """A column of the table.

    Attributes
    ----------
    name, ucd, unit, description : str
        As in the standard; "" where there is none.
    datatype : str
        Its type; texts are ``unicodeChar`` of any length.
    """

    name: str
    datatype: Datatype
    ucd: str = ""
    unit: str = ""
    description: str = ""


def head(fields: Sequence[Field], info: Mapping[str, object]) -> str:
    """Return what precedes the first row.

    Parameters
    ----------
    fields
        The columns; ``ra`` and ``dec`` together are positions in ICRS.
    info
        Names and values told in the head; empty ones are left out.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<VOTABLE version="1.4" xmlns="{NAMESPACE}"><RESOURCE type="results">',
        '<INFO name="QUERY_STATUS" value="OK"/>',
        *(
            f"<INFO name={quoteattr(name)} value={quoteattr(clean(str(value)))}/>"
            for name, value in info.items()
            if value
        ),
    ]
    if {"ra", "dec"} <= {one.name for one in fields}:
        lines.append('<COOSYS ID="icrs" system="ICRS"/>')
    lines.append('<TABLE name="predictions">')
    lines += [field(one) for one in fields]
    return "\n".join([*lines, "<DATA><TABLEDATA>", ""])


def row(cells: Iterable[str]) -> str:
    """Return a row of plain texts."""
    return "<TR>" + "".join(f"<TD>{escape(clean(cell))}</TD>" for cell in cells) + "</TR>\n"


def clean(text: str) -> str:
    """Return a text without what XML cannot hold: names of classes may be any text."""
    return re.sub(FORBIDDEN, "", text)


def field(one: Field) -> str:
    """Return the element of a column; ``ra`` and ``dec`` refer to the ICRS of the head."""
    told = {"name": one.name, "ucd": one.ucd, "unit": one.unit}
    if one.name in ("ra", "dec"):
        told["ref"] = "icrs"
    told["datatype"] = one.datatype
    if one.datatype == "unicodeChar":
        told["arraysize"] = "*"
    attributes = "".join(f" {key}={quoteattr(clean(value))}" for key, value in told.items() if value)
    if not one.description:
        return f"<FIELD{attributes}/>"
    return f"<FIELD{attributes}><DESCRIPTION>{escape(clean(one.description))}</DESCRIPTION></FIELD>"
