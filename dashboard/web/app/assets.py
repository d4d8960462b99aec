"""Stylesheets, ES modules, icons, Plotly, Swagger UI: each under an address that holds the contents' hash.

The hash covers the whole folder, so that modules may import each other by relative path; an address never
changes its contents, and is cached for ever.
"""

from __future__ import annotations

import asyncio
import functools
import gzip
import hashlib
import importlib.util
import mimetypes
import re
from importlib import metadata, resources
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).resolve().parents[2] / "static"
FOR_EVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = {".css", ".js", ".svg", ".json"}
PLOTLY = "plotly/plotly.min.js"
PLOTLY_CSS = "plotly/plotly.css"
SWAGGER = ("swagger/swagger-ui-bundle.js", "swagger/swagger-ui.css")


class Assets:
    """All static files, by name.

    Parameters
    ----------
    folder
        Where they lie; subfolders are part of the names.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {
            str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()
        }
        plotly = Path(str(resources.files("plotly") / "package_data" / "plotly.min.js"))
        self._files[PLOTLY] = plotly
        self._files |= _swagger_files()
        self._made: dict[str, bytes] = {}
        self._squeezed: dict[str, bytes] = {}
        digest = hashlib.sha256(metadata.version("plotly").encode())
        for name, path in self._files.items():
            if name != PLOTLY:
                digest.update(name.encode() + b"\0" + path.read_bytes())
        self.digest = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file.

        Parameters
        ----------
        name : str
            Path below the folder of assets.

        Returns
        -------
        str
            The address, with the digest of all files, so that browsers may keep it for ever.

        Raises
        ------
        KeyError
            If there is no such file.
        """
        if name not in self._files and name != PLOTLY_CSS:
            raise KeyError(name)
        return f"/assets/{self.digest}/{name}"

    def has(self, name: str) -> bool:
        """Return whether there is such a file."""
        return name in self._files

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve one file, compressed where the browser accepts it.

        Parameters
        ----------
        request : web.Request
            Names the ``digest`` and the ``name``.

        Returns
        -------
        web.StreamResponse
            The file.

        Raises
        ------
        web.HTTPNotFound
            If there is no such file.
        web.HTTPFound
            If the address has an outdated digest; with the present address.
        """
        name = request.match_info["name"]
        if name not in self._files and name != PLOTLY_CSS:
            raise web.HTTPNotFound(text="There is no such asset.")
        if request.match_info["digest"] != self.digest:
            raise web.HTTPFound(self.url(name))
        body = await asyncio.to_thread(self._contents, name)
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        if Path(name).suffix in COMPRESSIBLE and "gzip" in request.headers.get("Accept-Encoding", ""):
            if name not in self._squeezed:
                self._squeezed[name] = await asyncio.to_thread(gzip.compress, body, 9, mtime=0)
            body = self._squeezed[name]
            headers["Content-Encoding"] = "gzip"
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        charset = "utf-8" if Path(name).suffix in COMPRESSIBLE else None
        return web.Response(
            body=body, content_type=kind or "application/octet-stream", charset=charset, headers=headers
        )

    @functools.cached_property
    def _style_ids(self) -> tuple[str, ...]:
        """Ids of style elements (of maps) that Plotly leaves out where an element with that id stands."""
        script = self._files[PLOTLY].read_text("utf-8")
        return tuple(sorted(set(re.findall(r'getElementById\("([0-9a-f]{64})"\)', script))))

    def plotly_style_ids(self) -> tuple[str, ...]:
        """Return ids that must be taken, lest Plotly inserts inline styles of parts that we do not use."""
        return self._style_ids

    def _contents(self, name: str) -> bytes:
        if name not in self._made:
            if name == PLOTLY_CSS:
                self._made[name] = plotly_styles(self._files[PLOTLY].read_text("utf-8")).encode()
            else:
                self._made[name] = self._files[name].read_bytes()
        return self._made[name]


def _swagger_files() -> dict[str, Path]:
    """Return Swagger UI's files, which come with DEEPaaS; none where that is not installed."""
    found = importlib.util.find_spec("aiohttp_apispec")  # not imported: it is slow
    if found is None or found.origin is None:
        return {}
    folder = Path(found.origin).parent / "static"
    paths = {name: folder / name.removeprefix("swagger/") for name in SWAGGER}
    return paths if all(path.is_file() for path in paths.values()) else {}


def plotly_styles(script: str) -> str:
    r"""Return, as a stylesheet, the rules that Plotly would insert as inline style.

    Our content-security policy rejects inline style elements; Plotly leaves its own out where an element
    ``#plotly.js-style-global.no-inline-styles`` stands in the page, and the wheel ships no stylesheet.

    Raises
    ------
    ValueError
        When the script holds no such rules: Plotly has changed its ways.
    """
    start = script.find('"X,X div"')
    if start < 0:
        raise ValueError("plotly.min.js holds no style rules at the known place; see plotly_styles")
    rules = []
    pair = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|[XY]):("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*,?""")
    position = start
    while match := pair.match(script, position):
        selector, style = match[1].strip('"'), match[2][1:-1]
        selector = (
            re.sub(r"^,", " ,", selector)
            .replace("X", ".js-plotly-plot .plotly")
            .replace("Y", ".plotly-notifier")
        )
        rules.append(f"{selector}{{{style}}}")
        position = match.end()
    return "\n".join(rules)
