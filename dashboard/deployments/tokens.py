"""Tokens of deployments: makes, lists and revokes them."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from dashboard.auth.identity import OWNER, Identity
from dashboard.base import clock
from dashboard.base.errors import NotFound
from dashboard.deployments.translation import translated
from deploy.access.tokens import Scope
from deploy.model.deployment import DeploymentError
from deploy.service import DeployService


class DeploymentTokens:
    """Makes, lists and revokes the tokens by which a deployment is called.

    Parameters
    ----------
    service
        Knows the deployments and keeps the tokens.
    """

    def __init__(self, service: DeployService) -> None:
        self._service = service

    def list(self, name: str) -> builtins.list[dict[str, Any]]:
        """Return the tokens of a deployment, without their secrets; `NotFound`."""
        self._require(name)
        return [token.to_json() for token in self._service.authorizer.tokens if token.deployment == name]

    async def make(self, name: str, body: Mapping[str, Any], identity: Identity = OWNER) -> dict[str, Any]:
        """Make a token of a deployment.

        Parameters
        ----------
        name
            The deployment.
        body
            ``{"title", "scope"?, "days"?, "rate"?, "quota"?}``.

        Returns
        -------
        dict
            The token with its ``secret``, which cannot be read again.

        Raises
        ------
        Invalid, NotFound
            With the fields that are wrong.
        """
        days = body.get("days")
        expires = None if days is None else clock.after(days * 86_400)
        with translated("title"):
            token, secret = await self._service.tokens.make(
                name,
                str(body.get("title") or ""),
                Scope(body.get("scope") or Scope.PREDICT),
                expires=expires,
                rate=body.get("rate"),
                quota=body.get("quota"),
                owner=identity.user,
            )
            await self._service.refresh()
        return {**token.to_json(), "secret": secret}

    async def delete(self, name: str, token: str) -> None:
        """Revoke a token of a deployment; `NotFound`."""
        try:
            await self._service.tokens.delete(name, token)
        except DeploymentError as error:
            raise NotFound(str(error)) from error
        await self._service.refresh()

    def _require(self, name: str) -> None:
        with translated("name"):
            self._service.get(name)
