"""Pictures of every page, light and dark, wide and on a phone: ``make screenshots``.

Names of files are page, width and scheme. What the console of the browser says against a page is printed.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.pages import PAGES, address, drawn
from tests.browser.showcase import Showcase, build

WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")
HEIGHT = 900


def take(browser: Browser, showcase: Showcase, folder: Path, only: str) -> None:
    """Write the pictures.

    Parameters
    ----------
    browser : Browser
        Any.
    showcase : Showcase
        Filled.
    folder : Path
        Of the pictures.
    only : str
        Pages whose name holds it; empty: all.
    """
    first = browser.new_context()
    page = first.new_page()
    page.goto(showcase.link())
    state = first.storage_state()
    for width in WIDTHS:
        for scheme in SCHEMES:
            context = browser.new_context(
                storage_state=state,
                color_scheme=scheme,
                viewport={"width": width, "height": HEIGHT},
                reduced_motion="reduce",
            )
            for name, path in PAGES.items():
                if only in name:
                    page = context.new_page()
                    page.on("console", lambda message, name=name: complain(name, message))
                    page.goto(address(showcase, path))
                    drawn(page)
                    file = f"{name.replace(', ', '-').replace(' ', '-')}-{width}-{scheme}.png"
                    page.screenshot(path=folder / file, full_page=True)
                    page.close()
            context.close()


def complain(name: str, message: ConsoleMessage) -> None:
    """Print an error or a warning of a page."""
    if message.type in ("error", "warning"):
        print(f"{name}: {message.text}")


def main() -> None:
    """Make a platform with something to show, and take pictures of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/screenshots"))
    parser.add_argument("--only", default="", help="pages whose name holds this")
    asked = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.error("Chromium is not installed")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        showcase = build(Path(folder))
        showcase.start()
        try:
            showcase.do(showcase.fill(Path(folder) / "spectra"))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                take(browser, showcase, asked.folder, asked.only)
                browser.close()
        finally:
            showcase.stop()


if __name__ == "__main__":
    main()
