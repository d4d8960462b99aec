"""Names of the platform's own modules."""

from __future__ import annotations

from dashboard.base.bundled import bundled


def own_names() -> frozenset[str]:
    """Return the names of the modules that come with the platform."""
    return frozenset(path.parent.name for path in bundled("modules").glob("*/module.yaml"))
