"""Files and folders dragged in from outside the browser, by the mouse: events of its own, nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator


def drop(target: Locator, paths: Sequence[Path]) -> None:
    """Drag files and folders of this machine over an element and let go."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box
    session = target.page.context.new_cdp_session(target.page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    session.detach()
