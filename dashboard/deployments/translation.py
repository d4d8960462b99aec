"""Errors of the deploy service as errors of the platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound
from deploy.model.deployment import DeploymentError, NameTaken, UnknownDeployment


@contextmanager
def translated(field: str) -> Iterator[None]:
    """Raise the errors of the deploy service as those of the platform.

    Parameters
    ----------
    field : str
        The field of the request that the deploy service checks.

    Yields
    ------
    None
        Once; the block calls the deploy service.

    Raises
    ------
    NotFound
        If there is no such deployment.
    Conflict
        If the name is taken.
    Invalid
        If the deploy service rejects the request; with the field.
    """
    try:
        yield
    except UnknownDeployment as error:
        raise NotFound(str(error)) from error
    except NameTaken as error:
        raise Conflict(str(error), [FieldError("name", str(error))]) from error
    except DeploymentError as error:
        raise Invalid(str(error), [FieldError(field, str(error))]) from error
