"""Errors of the deploy service as errors of the platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound
from deploy.model.deployment import DeploymentError, NameTaken, UnknownDeployment


@contextmanager
def translated(field: str) -> Iterator[None]:
    """Raise the errors of the deploy service as those of the platform, for a field of the request."""
    try:
        yield
    except UnknownDeployment as error:
        raise NotFound(str(error)) from error
    except NameTaken as error:
        raise Conflict(str(error), [FieldError("name", str(error))]) from error
    except DeploymentError as error:
        raise Invalid(str(error), [FieldError(field, str(error))]) from error
