"""Tokens of deployments: makes, lists and revokes them."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from dashboard.auth.identity import OWNER, SYSTEM, Identity
from dashboard.auth.policy import Action
from dashboard.base import clock
from dashboard.base.errors import NotFound
from dashboard.deployments.authorization import owned_by, required
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

    def list(self, name: str, identity: Identity) -> builtins.list[dict[str, Any]]:
        """Return the tokens of a deployment, without their secrets; `NotFound`.

        Who may change the deployment gets all, others those that they own.
        """
        required(self._service, name, identity, Action.READ)
        everyone = owned_by(self._service, name, identity)
        return [
            token.to_json()
            for token in self._service.authorizer.tokens
            if token.deployment == name and (everyone or token.owner == identity.user)
        ]

    async def make(self, name: str, body: Mapping[str, Any], identity: Identity = OWNER) -> dict[str, Any]:
        """Make a token of a deployment.

        Parameters
        ----------
        name
            The deployment.
        body
            ``{"title", "scope"?, "days"?, "rate"?, "quota"?}``.
        identity
            Who makes it, and owns it; may change the deployment.

        Returns
        -------
        dict
            The token with its ``secret``, which cannot be read again.

        Raises
        ------
        Invalid
            With the fields that are wrong.
        NotFound, Denied
            If the identity may not see the deployment; if it may see it, but not change it.
        """
        required(self._service, name, identity, Action.CHANGE)
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

    async def delete(self, name: str, token: str, identity: Identity = SYSTEM) -> None:
        """Revoke a token of a deployment.

        Parameters
        ----------
        name : str
            The deployment.
        token : str
            The token's id.
        identity : Identity
            Who revokes it.

        Raises
        ------
        NotFound
            If there is no such token, or no deployment that the identity may see.
        Denied
            If the identity may see the deployment, but not change it.
        """
        required(self._service, name, identity, Action.CHANGE)
        try:
            await self._service.tokens.delete(name, token)
        except DeploymentError as error:
            raise NotFound(str(error)) from error
        await self._service.refresh()
