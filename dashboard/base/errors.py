"""What a service says when it cannot do what was asked: what, where, and what to do.

The web layer turns each into `problem+json` or the error page; nothing here knows HTTP beyond the status
number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field of what was sent.

    Attributes
    ----------
    field : str
        Path of the field, such as ``parameters.epochs`` or ``recipe.2.minimum``.
    message : str
        One sentence for a person, with the range or the choices that are allowed.
    """

    field: str
    message: str

    def to_json(self) -> dict[str, str]:
        """Return ``{"field", "message"}``."""
        return {"field": self.field, "message": self.message}


class ServiceError(Exception):
    """Base of everything that a service refuses; `str()` of it is the sentence for the person."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)

    def problem(self) -> dict[str, Any]:
        """Return the error as an RFC 9457 problem, without the request's ``id``."""
        return {
            "type": f"about:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "errors": [error.to_json() for error in self.errors],
        }


class Unauthenticated(ServiceError):
    """Nobody is known to be asking."""

    status = 401
    kind = "unauthenticated"
    title = "Sign in first"


class Forbidden(ServiceError):
    """The one who asks may not do this."""

    status = 403
    kind = "forbidden"
    title = "Not allowed"


class NotFound(ServiceError, LookupError):
    """The thing named is not here (a `LookupError`, for the rooms that know no service errors)."""

    status = 404
    kind = "not-found"
    title = "Not found"


class Conflict(ServiceError):
    """The thing is in a state in which this cannot be done."""

    status = 409
    kind = "conflict"
    title = "Not possible now"


class Invalid(ServiceError):
    """What was sent cannot be used; `errors` says why, field by field."""

    status = 422
    kind = "invalid"
    title = "Please correct"


class Encoded(ServiceError):
    """The body came packed: it might unpack to anything."""

    status = 415
    kind = "encoded"
    title = "Send it unpacked"


class Unavailable(ServiceError):
    """A component that is needed does not answer now."""

    status = 503
    kind = "unavailable"
    title = "Not available now"


class StorageFull(ServiceError):
    """The disk has no room for what was to be written."""

    status = 507
    kind = "storage-full"
    title = "The disk is full"
