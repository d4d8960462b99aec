"""Parameters as programs of the VO send them: in the address, or as a form of either kind (DALI 1.1)."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from aiohttp import web

from dashboard.base.errors import Conflict, FieldError, Invalid, ServiceError
from dashboard.web.app.requests import require_identity_encoding
from dashboard.web.vo.document import text_answer

MOST = 500  # parameters of one request
LONGEST = 100_000  # characters of a value
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def parameters_of(request: web.Request, most: int = MOST) -> dict[str, list[str]]:
    """Return all parameters, from the address and the body; names do not depend on their case.

    Parameters
    ----------
    request : web.Request
        Its body is read if it is a form, urlencoded or multipart.
    most : int
        The most parameters.

    Returns
    -------
    dict of str to list of str
        Values by name in capitals, in the order in which they were sent.

    Raises
    ------
    Invalid
        If a value is a file, or there is too much.
    Encoded
        If the body has a ``Content-Encoding``.
    """
    found: list[tuple[str, object]] = list(request.query.items())
    if request.method == "POST":
        require_identity_encoding(request)
        try:
            found += (await request.post()).items()
        except (ValueError, LookupError) as error:
            raise Invalid(f"The body is no form: {error}.") from error
    if len(found) > most:
        raise Invalid(f"{len(found)} parameters are more than {most}.")
    named: dict[str, list[str]] = {}
    for name, value in found:
        if not isinstance(value, str):
            raise Invalid(f"The parameter {name} is a file; send its content as text.")
        if len(value) > LONGEST:
            raise Invalid(f"The parameter {name} has {len(value)} characters, more than {LONGEST}.")
        named.setdefault(name.upper(), []).append(value)
    return named


def last(parameters: dict[str, list[str]], name: str, default: str = "") -> str:
    """Return the last value of a parameter, without blanks around it.

    Parameters
    ----------
    parameters : dict
        As `parameters_of` returns them.
    name : str
        In capitals.
    default : str
        Where it was not sent.
    """
    return parameters[name][-1].strip() if name in parameters else default


def answers_errors(handler: Handler) -> Handler:
    """Make a handler answer what is wrong with a request as UWS 1.1 and DALI want it: 400, 403, text.

    What the caller may not see or do (401, 403, 404) is answered as everywhere else.
    """

    @functools.wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Invalid as error:
            return text_answer(f"UsageError: {told(error)}", status=400)
        except Conflict as error:
            return text_answer(f"UsageError: {error.detail}", status=403)

    return answer


def wrong(name: str, message: str) -> Invalid:
    """Return the error of a parameter."""
    return Invalid(f"{name} {message}.", [FieldError(name, message)])


def told(error: ServiceError) -> str:
    """Return an error as lines of text: what is wrong, and each field."""
    return "\n".join([error.detail, *(f"{one.field}: {one.message}" for one in error.errors)])
