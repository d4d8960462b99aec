"""The tables of docs/permissions.md from the route table and the rows.

``python -m dashboard.web.permissions.document`` writes them below the text that stands there.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from dashboard.auth.access import KEYS
from dashboard.auth.identity import Identity, Role, Scope
from dashboard.auth.policy import SCOPES, Action, in_scope
from dashboard.web.app.endpoints import Endpoint
from dashboard.web.permissions import rows
from dashboard.web.permissions.permission import CALLERS, Permission
from dashboard.web.permissions.topics import TOPICS

HERE = Path("docs") / "permissions.md"
#: The heading where what is generated begins.
BEGINS = "## Rows\n"


def document(endpoints: Iterable[Endpoint]) -> str:
    """Return the tables of docs/permissions.md.

    Parameters
    ----------
    endpoints : iterable of Endpoint
        The route table.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ValueError
        If an endpoint names no row.
    """
    parts = [BEGINS, _table(["row", "what", *CALLERS], _rows()), "## Routes\n"]
    table = []
    for one in endpoints:
        if one.permission is None:
            raise ValueError(f"{one.method} {one.path} names no permission: see dashboard/web/permissions")
        table.append([f"`{one.method} {one.path}`", *_cells(one.permission), _scopes(one)])
    parts.append(_table(["route", "row", *CALLERS, "scopes"], table))
    parts.append("## Live topics (`/live`)\n")
    live = [[f"`{topic}`", *_cells(permission)] for topic, permission in TOPICS.items()]
    return "\n".join([*parts, _table(["topic", "row", *CALLERS], live)])


def scopes_of(endpoint: Endpoint) -> frozenset[Scope] | None:
    """Return the scopes that an API token needs for an endpoint.

    Parameters
    ----------
    endpoint : Endpoint
        Of the route table.

    Returns
    -------
    frozenset of Scope or None
        All of them are needed; None: no token is enough.
    """
    if endpoint.permission is rows.OPEN:
        return frozenset()
    everything = Identity("somebody", frozenset(Role), scopes=frozenset(Scope))
    if not in_scope(everything, endpoint.action, endpoint.kind):
        return None
    needed = {scope for scope in Scope if in_scope(_only(scope), endpoint.action, endpoint.kind)}
    if endpoint.action is Action.CREATE and any(f"{{{kind}}}" in endpoint.path for kind in KEYS):
        needed.add(Scope.READ)  # what something is made from is read
    if endpoint.permission in {rows.OWNERS, rows.PREDICTION}:
        needed.add(SCOPES[endpoint.kind])  # who may not change it is not taken for its owner
    return frozenset(needed)


def _scopes(endpoint: Endpoint) -> str:
    needed = scopes_of(endpoint)
    return "none" if needed is None else " + ".join(sorted(needed)) or "any"


def _only(scope: Scope) -> Identity:
    return Identity("somebody", frozenset(Role), scopes=frozenset({scope}))


def _rows() -> list[list[str]]:
    named: Mapping[str, object] = vars(rows)
    found = [value for value in named.values() if isinstance(value, Permission)]
    return [[one.name, one.meaning, *_cells(one)[1:]] for one in found]


def _cells(permission: Permission) -> list[str]:
    return [permission.name, *(" ".join(permission.cells[caller]) for caller in CALLERS)]


def _table(titles: list[str], lines: list[list[str]]) -> str:
    made = [f"| {' | '.join(line)} |" for line in (titles, *lines)]
    return "\n".join([made[0], "|---" * len(titles) + "|", *made[1:]]) + "\n"


def main() -> None:
    """Write the document below the working directory."""
    application = importlib.import_module("dashboard.web.app.application")
    text, _, _ = HERE.read_text(encoding="utf-8").partition(BEGINS)
    HERE.write_text(text + document(application.all_endpoints()), encoding="utf-8")
    sys.stdout.write(f"{HERE}\n")


if __name__ == "__main__":
    main()
