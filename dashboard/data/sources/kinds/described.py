"""Parameters of kinds as they are described (docs/contracts.md, section 5)."""

from __future__ import annotations

from typing import Any

from dashboard.data.sources.source import Described

Default = str | int | float | bool | list[str] | None


def parameter(
    name: str, title: str, kind: str, help_text: str, default: Default = "", **more: Any
) -> Described:
    """Return the description of a parameter.

    Parameters
    ----------
    name, title : str
        In the API; on the page.
    kind : str
        ``string``, ``number``, ``integer``, ``boolean``, ``array`` or ``object``.
    help_text : str
        One or two sentences.
    default : object
        Its value where none is given.
    **more : object
        Other keys of the description, such as ``unit``, ``choices`` and ``group``.
    """
    nullable = kind in {"number", "integer"} and default is None
    made = {
        "name": name,
        "title": title,
        "type": kind,
        "help": help_text,
        "default": default,
        "required": False,
        "nullable": nullable,
        "group": "basic",
    }
    if kind == "array":
        made["items"] = "string"
    return {**made, **more}


def address(help_text: str, **more: Any) -> Described:
    """Return the description of the address of a source."""
    return parameter("address", "Address", "string", help_text, required=True, **more)


def wavelength(name: str, title: str, help_text: str, group: str = "advanced") -> Described:
    """Return the description of a wavelength in Å, vacuum.

    Parameters
    ----------
    name, title, help_text : str
        As for `parameter`.
    group : str
        ``basic`` or ``advanced``.
    """
    return parameter(
        name, title, "number", help_text, None, unit="Å", exclusive_minimum=0, maximum=1e12, group=group
    )


INCLUDE = parameter(
    "include",
    "Include",
    "array",
    "Patterns of paths, such as *.fits: only files that match one are listed. Empty: all.",
    [],
)
EXCLUDE = parameter(
    "exclude",
    "Exclude",
    "array",
    "Patterns of paths, such as *thumb*: files and folders that match one are left out.",
    [],
    group="advanced",
)
DEPTH = parameter(
    "depth",
    "Depth",
    "integer",
    "Folders below the address that are entered; 0: only the address itself.",
    5,
    minimum=0,
    maximum=20,
    group="advanced",
)
TREE = (INCLUDE, EXCLUDE, DEPTH)
