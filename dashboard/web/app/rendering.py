"""`Answer`: the result of a handler; one set of data, rendered as a page or as JSON."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jinja2
from aiohttp import hdrs, web
from markupsafe import Markup

from dashboard.auth.identity import ANONYMOUS, Identity, Role
from dashboard.base.bundled import bundled
from dashboard.documentation.markdown import html_of
from dashboard.web.app.app_keys import BANNERS, IDENTITY, LIVE_FROM, SHARING
from dashboard.web.app.assets import Assets
from dashboard.web.app.humanise import FILTERS
from dashboard.web.app.jsonable import jsonable
from wire.accept import media_weights

TEMPLATES = bundled("templates/html")
# On a response: the page needs Plotly, and the policy that lets WebGL plots work.
PLOTS: web.ResponseKey[bool] = web.ResponseKey("plots")
COMPRESS_FROM = 1024  # bytes: below, the header costs as much as compression saves
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Answer:
    """The result of a handler.

    Attributes
    ----------
    template : str
        Page below ``templates/html/pages``, rendered with `data` for those who do not ask for JSON.
    data : Mapping
        What the page shows and the API gives.
    status : int
        HTTP status.
    headers : Mapping
        Such as ``Location`` of something created; a browser that posted a form is sent there (303).
    plots : bool
        Whether the page draws with Plotly.
    """

    template: str
    data: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    plots: bool = False


def prefers_json(request: web.BaseRequest) -> bool:
    """Return whether JSON is the better answer: by the address, by ``Accept``, or by what was sent."""
    if request.query.get("format") == "json":
        return True
    weights = media_weights(request.headers.get(hdrs.ACCEPT, ""))
    as_json = max(weights.get("application/json", 0.0), weights.get("application/problem+json", 0.0))
    as_page = weights.get("text/html", 0.0)
    if as_json or as_page:
        return as_json > as_page
    return request.content_type == "application/json" or request.headers.get("Authorization", "") != ""


class Renderer:
    """Jinja2 with our filters and parts; makes responses of answers.

    Parameters
    ----------
    assets
        For the addresses of stylesheets and modules.
    """

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(FILTERS)
        self._environment.filters["markdown"] = _markdown
        self._environment.filters["json_text"] = _json_text
        self._environment.globals["asset"] = assets.url

    def response(self, request: web.Request, answer: Answer) -> web.Response:
        """Return the page or the JSON of an answer.

        Parameters
        ----------
        request : web.Request
            Decides which: by ``Accept``, ``format`` and its own type.
        answer : Answer
            What the handler found.

        Returns
        -------
        web.Response
            The response with the headers of both.

        Raises
        ------
        web.HTTPSeeOther
            Where a browser created something: to its page.
        """
        data = jsonable(answer.data)
        if prefers_json(request):
            response = self._json(data, answer.status, answer.headers)
        elif answer.status == 201 and "Location" in answer.headers:
            raise web.HTTPSeeOther(answer.headers["Location"])
        else:
            response = self.page(request, answer.template, data, answer.status, plots=answer.plots)
            response.headers.update(answer.headers)
        return self.finish(response)

    def problem(self, request: web.Request, problem: Mapping[str, Any]) -> web.Response:
        """Return an error as ``problem+json`` (RFC 9457) or as the error page."""
        status = int(problem["status"])
        if prefers_json(request):
            response = self._json(problem, status, {})
            response.content_type = "application/problem+json"
        else:
            response = self.page(request, "error.html", problem, status)
        return self.finish(response)

    def page(
        self,
        request: web.Request,
        template: str,
        data: Mapping[str, Any],
        status: int = 200,
        *,
        plots: bool = False,
    ) -> web.Response:
        """Render a page.

        Parameters
        ----------
        request : web.Request
            Its path, query, cookies and identity are known to every page.
        template : str
            Path below ``templates/html/pages``.
        data : mapping
            The variables of the template.
        status : int
            HTTP status.
        plots : bool
            Whether the page draws with Plotly.

        Returns
        -------
        web.Response
            The HTML.
        """
        theme = request.cookies.get("theme", "")
        text = self._environment.get_template(f"pages/{template}").render(
            data,
            path=request.path,
            query=request.query,
            here=str(request.rel_url),
            theme=theme if theme in THEMES else "",
            plots=plots,
            identity=request.get(IDENTITY),
            sharing=request.get(SHARING, False),
            banners=request.get(BANNERS),
            works=(request.get(IDENTITY) or ANONYMOUS).has(Role.USER),
            manages=(request.get(IDENTITY) or ANONYMOUS).has(Role.MANAGER),
            owns=functools.partial(owns, request.get(IDENTITY)),
            foreign_styles=self.assets.plotly_style_ids() if plots else (),
            live_from=request.get(LIVE_FROM, ""),
        )
        body = text.encode("utf-8", "backslashreplace")
        response = web.Response(body=body, status=status, content_type="text/html", charset="utf-8")
        response[PLOTS] = plots
        return response

    @staticmethod
    def _json(data: Any, status: int, headers: Mapping[str, str]) -> web.Response:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        body = text.encode("utf-8", "backslashreplace")  # half a character as its escape
        return web.Response(
            body=body, status=status, content_type="application/json", charset="utf-8", headers=dict(headers)
        )

    @staticmethod
    def finish(response: web.Response) -> web.Response:
        """Set the headers of caching, and compress the body."""
        response.headers["Vary"] = "Accept, Cookie, Authorization"
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if isinstance(response.body, bytes) and len(response.body) >= COMPRESS_FROM:
            response.enable_compression()
        return response


def owns(identity: Identity | None, shown: Mapping[str, Any]) -> bool:
    """Return whether a page offers to change an object: to its owner and to administrators.

    Parameters
    ----------
    identity : Identity or None
        Who looks at the page.
    shown : mapping
        The object, with its ``owner``.
    """
    return identity is not None and (identity.admin or identity.user == shown.get("owner", ""))


def _markdown(text: str | None) -> Markup:
    return html_of(text or "")


def _json_text(value: Any) -> str:
    """Return indented JSON to read and copy; unlike ``tojson`` it is plain text, which templates escape."""
    return json.dumps(value, ensure_ascii=False, indent=2)


RENDERER: web.AppKey[Renderer] = web.AppKey("renderer")


def json_answer(data: Any, *, status: int = 200) -> web.Response:
    """Return data as JSON, whatever the sender prefers: for what has no page."""
    text = json.dumps(jsonable(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    response = web.Response(text=text, status=status, content_type="application/json")
    return Renderer.finish(response)
