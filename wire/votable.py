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

Datatype = Literal["boolean", "int", "long", "double", "char", "unicodeChar"]


@dataclass(frozen=True)
class Field:
    """A column of the table.

    Attributes
    ----------
    name, ucd, unit, description : str
        As in the standard; "" where there is none.
    datatype : str
        Its type; texts are of any length.
    utype, xtype, arraysize, identifier : str
        As in the standard; "" where there is none.
    """

    name: str
    datatype: Datatype
    ucd: str = ""
    unit: str = ""
    description: str = ""
    utype: str = ""
    xtype: str = ""
    arraysize: str = ""
    identifier: str = ""


def info(name: str, value: object, text: str = "") -> str:
    """Return an INFO element: what is told of a table.

    Parameters
    ----------
    name : str
        Such as ``QUERY_STATUS``.
    value : object
        As in the standard.
    text : str
        For people.
    """
    told = f"name={quoteattr(clean(name))} value={quoteattr(clean(str(value)))}"
    return f"<INFO {told}>{escape(clean(text))}</INFO>" if text else f"<INFO {told}/>"


def parameter(one: Field, value: str, *, inner: str = "", ref: str = "") -> str:
    """Return a PARAM element: a column that has one value for all rows, or a parameter of a service.

    Parameters
    ----------
    one : Field
        Its description.
    value : str
        Of all rows, or by default.
    inner : str
        Elements inside it, such as VALUES.
    ref : str
        ID of the column that has the value of each row.
    """
    reference = f" ref={quoteattr(ref)}" if ref else ""
    told = f"<DESCRIPTION>{escape(clean(one.description))}</DESCRIPTION>" if one.description else ""
    attributes = f"{_attributes(one)}{reference} value={quoteattr(clean(value))}"
    return f"<PARAM{attributes}>{told}{inner}</PARAM>"


def choices(options: Iterable[str]) -> str:
    """Return the VALUES of a parameter that has one of some values."""
    return f"<VALUES>{''.join(f'<OPTION value={quoteattr(clean(one))}/>' for one in options)}</VALUES>"


def head(fields: Sequence[Field], told: Mapping[str, object]) -> str:
    """Return what precedes the first row.

    Parameters
    ----------
    fields
        The columns; ``ra`` and ``dec`` together are positions in ICRS.
    told
        Names and values told in the head; empty ones are left out.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<VOTABLE version="1.4" xmlns="{NAMESPACE}"><RESOURCE type="results">',
        '<INFO name="QUERY_STATUS" value="OK"/>',
        *(info(name, value) for name, value in told.items() if value),
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
    attributes = _attributes(one)
    if not one.description:
        return f"<FIELD{attributes}/>"
    return f"<FIELD{attributes}><DESCRIPTION>{escape(clean(one.description))}</DESCRIPTION></FIELD>"


def _attributes(one: Field) -> str:
    told = {"ID": one.identifier, "name": one.name, "ucd": one.ucd, "utype": one.utype, "unit": one.unit}
    if one.name in ("ra", "dec"):
        told["ref"] = "icrs"
    told |= {"datatype": one.datatype, "xtype": one.xtype}
    told["arraysize"] = one.arraysize or ("*" if one.datatype in ("char", "unicodeChar") else "")
    return "".join(f" {key}={quoteattr(clean(value))}" for key, value in told.items() if value)
