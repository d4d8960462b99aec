"""The errors of services: what is wrong, in which field, and what to do.

The web layer turns each into `problem+json` or the error page; nothing here knows HTTP beyond the status
number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One error in one field of the input.

    Attributes
    ----------
    field : str
        Path of the field, such as ``parameters.epochs`` or ``recipe.2.minimum``.
    message : str
        One sentence for a person, with the range or the choices that are allowed.
    nearest : str
        The known name that is nearest to an unknown one; empty where there is none.
    """

    field: str
    message: str
    nearest: str = ""

    def to_json(self) -> dict[str, str]:
        """Return ``{"field", "message", "nearest"?}``."""
        told = {"field": self.field, "message": self.message}
        return told | {"nearest": self.nearest} if self.nearest else told


class ServiceError(Exception):
    """Base of the errors of services; `str()` of it is the sentence for a person."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)

    def problem(self) -> dict[str, Any]:
        """Return the error as an RFC 9457 problem, without the members of the request."""
        return {
            "type": f"urn:huggins:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "errors": [error.to_json() for error in self.errors],
        }


class Unauthenticated(ServiceError):
    """Nobody is signed in."""

    status = 401
    kind = "unauthenticated"
    title = "Sign in first"


class Denied(ServiceError):
    """The identity may not do this."""

    status = 403
    kind = "denied"
    title = "Not allowed"


class NotFound(ServiceError, LookupError):
    """The object does not exist (a `LookupError`, for the rooms that know no service errors)."""

    status = 404
    kind = "not-found"
    title = "Not found"


class Conflict(ServiceError):
    """The object is in a state in which this cannot be done."""

    status = 409
    kind = "conflict"
    title = "Not possible now"


class Invalid(ServiceError):
    """The input cannot be used; `errors` says why, field by field."""

    status = 422
    kind = "invalid"
    title = "Please correct"


class TooSlow(ServiceError):
    """The body did not arrive in time."""

    status = 408
    kind = "too-slow"
    title = "The request was too slow"


class Encoded(ServiceError):
    """The body has a ``Content-Encoding``; none is decoded, because it might expand to any size."""

    status = 415
    kind = "encoded"
    title = "Send it unpacked"


class TooMany(ServiceError):
    """Too many attempts; `retry_s` is when the next one is allowed."""

    status = 429
    kind = "too-many"
    title = "Too many attempts"

    def __init__(self, detail: str, retry_s: int) -> None:
        super().__init__(detail)
        self.retry_s = retry_s


class Unavailable(ServiceError):
    """A required component does not answer."""

    status = 503
    kind = "unavailable"
    title = "Not available now"


class StorageFull(ServiceError):
    """The disk has no room left."""

    status = 507
    kind = "storage-full"
    title = "The disk is full"
