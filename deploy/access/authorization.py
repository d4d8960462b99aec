"""Who may call which deployment, and how often."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum

from deploy.access.tokens import Allowance, Scope, Token, identifier_of, matches
from deploy.model.deployment import Access, Deployment


class CallerRole(StrEnum):
    """Who calls, as far as the platform around the gateway knows."""

    OWNER = "owner"  # may do everything
    USER = "user"  # is signed in
    ANYONE = "anyone"


class Operation(StrEnum):
    """What a call does."""

    PREDICT = "predict"  # also reading what describes the model
    ALL = "all"  # anything else: train, cancel


class CallDenied(Exception):
    """The call may not be made.

    Parameters
    ----------
    status
        401, 403 or 429.
    title, detail
        For a person.
    retry_after
        Seconds, where trying again later helps.
    """

    def __init__(self, status: int, title: str, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after = retry_after


class Authorizer:
    """Lets calls in. It knows the tokens by heart: a call costs no look into the database."""

    def __init__(self) -> None:
        self._allowances: dict[str, Allowance] = {}

    @property
    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        return [allowance.token for allowance in self._allowances.values()]

    def set_tokens(self, tokens: Iterable[Token]) -> None:
        """Replace the tokens; what was used of those that stay is kept."""
        before, self._allowances = self._allowances, {}
        for token in tokens:
            allowance = before.get(token.id) or Allowance(token)
            allowance.renew(token)
            self._allowances[token.id] = allowance

    def count(self, made: Mapping[str, int]) -> None:
        """Say how many requests tokens made today, through all gateways."""
        for identifier, number in made.items():
            if identifier in self._allowances:
                self._allowances[identifier].set_made(number)

    def authorize(
        self, deployment: Deployment, caller: CallerRole, operation: Operation, secret: str | None
    ) -> str:
        """Let a call in, or raise `CallDenied`; return the id of the token that it came with, or "".

        Parameters
        ----------
        deployment, caller, operation
            Who wants what of which.
        secret
            The bearer's token that came with the call, if it is one of deployments.
        """
        if secret is not None:
            return self._by_token(deployment, operation, secret)
        if caller is CallerRole.OWNER:
            return ""
        if operation is Operation.ALL:
            raise _unauthorized("Training through a deployment needs a token of scope 'all'.")
        if deployment.access is Access.PUBLIC or (
            deployment.access is Access.USERS and caller is CallerRole.USER
        ):
            return ""
        if deployment.access is Access.USERS:
            raise _unauthorized(f"{deployment.name!r} is for those who are signed in: send a token of it.")
        raise _unauthorized(f"{deployment.name!r} asks for a token: send it as 'Authorization: Bearer …'.")

    def identify(self, deployment: Deployment, secret: str) -> str:
        """Return the id of a deployment's token without counting a call, or raise `CallDenied`."""
        return self._known(deployment, secret).token.id

    def _known(self, deployment: Deployment, secret: str) -> Allowance:
        allowance = self._allowances.get(identifier_of(secret) or "")
        if allowance is None or not matches(allowance.token, secret):
            raise _unauthorized("This token is unknown, was revoked or has expired: ask for a new one.")
        token = allowance.token
        if token.deployment != deployment.name:
            raise CallDenied(
                403, "Not for this deployment", f"token {token.id} is not for {deployment.name!r}"
            )
        return allowance

    def _by_token(self, deployment: Deployment, operation: Operation, secret: str) -> str:
        allowance = self._known(deployment, secret)
        token = allowance.token
        if operation is Operation.ALL and token.scope is not Scope.ALL:
            raise CallDenied(403, "Only for predictions", f"token {token.id} may predict, nothing else")
        if wait := allowance.take():
            limits = [f"{token.rate} requests a minute"] * (token.rate is not None)
            limits += [f"{token.quota} requests a day"] * (token.quota is not None)
            text = f"token {token.id} may make {' and '.join(limits)}"
            raise CallDenied(429, "Too many requests", text, math.ceil(wait))
        return token.id


def _unauthorized(text: str) -> CallDenied:
    return CallDenied(401, "Not allowed", text)
