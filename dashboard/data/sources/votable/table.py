"""What a VOTable says beside its rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

Row = list[str | None]


class TableFault(StrEnum):
    """Why a document cannot be read as a VOTable."""

    HTML = "html"
    NOT_XML = "not-xml"
    NOT_VOTABLE = "not-votable"
    DECLARATION = "declaration"  # it declares a document type or entities
    DEPTH = "depth"
    SIZE = "size"
    BINARY = "binary"  # its encoded rows cannot be read
    NO_TABLE = "no-table"


class TableError(Exception):
    """A document cannot be read as a VOTable.

    Parameters
    ----------
    fault : TableFault
        Why.
    detail : str
        Where, and what was seen.
    """

    def __init__(self, fault: TableFault, detail: str) -> None:
        super().__init__(fault, detail)
        self.fault = fault
        self.detail = detail

    def __str__(self) -> str:
        return f"{MESSAGES[self.fault]} ({self.detail})" if self.detail else MESSAGES[self.fault]


MESSAGES = {
    TableFault.HTML: "it is an HTML page, no VOTable",
    TableFault.NOT_XML: "it is no XML",
    TableFault.NOT_VOTABLE: "it is XML, but no VOTable",
    TableFault.DECLARATION: "it declares a document type or entities, which is not read",
    TableFault.DEPTH: "its elements are nested too deep",
    TableFault.SIZE: "it is too large",
    TableFault.BINARY: "its encoded rows cannot be read",
    TableFault.NO_TABLE: "it has no table",
}


@dataclass(frozen=True)
class Column:
    """A FIELD."""

    name: str
    id: str = ""
    ucd: str = ""
    utype: str = ""
    datatype: str = ""
    unit: str = ""
    description: str = ""


@dataclass
class Parameter:
    """A PARAM: of an input of a service, or of the response."""

    name: str
    value: str = ""
    ref: str = ""
    unit: str = ""
    ucd: str = ""
    datatype: str = ""
    xtype: str = ""
    description: str = ""
    least: str = ""
    most: str = ""
    options: list[str] = field(default_factory=list)


@dataclass
class ServiceDescriptor:
    """A RESOURCE of the utype ``adhoc:service``: a service that takes the rows' identifiers."""

    id: str = ""
    standard: str = ""
    access_url: str = ""
    inputs: list[Parameter] = field(default_factory=list)


@dataclass
class TableHead:
    """Everything of a document but its rows.

    Attributes
    ----------
    status, message : str
        ``QUERY_STATUS`` (``OK``, ``ERROR``, ``OVERFLOW``; empty: none) and the service's words.
    columns : list of Column
        Of the first table.
    parameters : list of Parameter
        Those outside of services: inputs of a service whose metadata were asked for.
    services : list of ServiceDescriptor
        Such as DataLink and SODA.
    infos : dict
        Name to value of other INFO elements.
    rows : int
        How many were read.
    """

    status: str = ""
    message: str = ""
    columns: list[Column] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    services: list[ServiceDescriptor] = field(default_factory=list)
    infos: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> TableHead:
        """Return it from what `to_json` gave."""
        services = [
            ServiceDescriptor(**{**one, "inputs": [Parameter(**each) for each in one["inputs"]]})
            for one in told["services"]
        ]
        return cls(
            told["status"],
            told["message"],
            [Column(**one) for one in told["columns"]],
            [Parameter(**one) for one in told["parameters"]],
            services,
            told["infos"],
            told["rows"],
        )


class BinaryRowsError(Exception):
    """The rows of a table are encoded; `binary` reads them.

    Parameters
    ----------
    head : TableHead
        Everything but the rows.
    """

    def __init__(self, head: TableHead) -> None:
        super().__init__("its rows are encoded")
        self.head = head
