"""Decides who may call a deployment, and how often."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum

from aiohttp import web

from deploy.access.address import AddressRates, CallerAddresses
from deploy.access.tokens import Allowance, Scope, Token, identifier_of, matches
from deploy.model.deployment import Access, Deployment


class CallerRole(StrEnum):
    """The role of a caller, as the platform authenticated it; a gateway alone knows nobody."""

    OWNER = "owner"  # is allowed everything
    USER = "user"  # is signed in
    ANYONE = "anyone"


class Operation(StrEnum):
    """What a call does, as far as access depends on it."""

    PREDICT = "predict"  # also reads what describes the model
    ALL = "all"  # anything else: train, cancel, read trainings, their logs and artefacts


class CallDenied(Exception):
    """The call is not allowed.

    Parameters
    ----------
    status
        The HTTP status: 401, 403 or 429.
    title, detail
        Text for a person.
    retry_after
        Seconds after which a repetition may be allowed; None: never.
    """

    def __init__(self, status: int, title: str, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after = retry_after


class Authorizer:
    """Authorizes calls. It holds all tokens in memory, so that a call needs no database query.

    Parameters
    ----------
    addresses
        Tells the address of a caller without a token.
    rates
        How often one address may call without a token.
    """

    def __init__(self, addresses: CallerAddresses | None = None, rates: AddressRates | None = None) -> None:
        self._allowances: dict[str, Allowance] = {}
        self.addresses = addresses or CallerAddresses()
        self._rates = rates or AddressRates()

    @property
    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        return [allowance.token for allowance in self._allowances.values()]

    def set_tokens(self, tokens: Iterable[Token]) -> None:
        """Replace the tokens; the counts of those that stay are kept."""
        before, self._allowances = self._allowances, {}
        for token in tokens:
            allowance = before.get(token.id) or Allowance(token)
            allowance.renew(token)
            self._allowances[token.id] = allowance

    def count(self, made: Mapping[str, int]) -> None:
        """Set the number of requests that each token made today at all gateways."""
        for identifier, number in made.items():
            if identifier in self._allowances:
                self._allowances[identifier].set_made(number)

    def authorize(
        self,
        deployment: Deployment,
        caller: CallerRole,
        operation: Operation,
        secret: str | None,
        address: str = "",
    ) -> str:
        """Authorize a call and count it.

        Parameters
        ----------
        deployment, caller, operation
            The call.
        secret
            The deployment token of the call; None if it has none.
        address
            As `address_of` tells it.

        Returns
        -------
        str
            The id of the token; "" for a call without one.

        Raises
        ------
        CallDenied
            If the call is not allowed.
        """
        if secret is not None:
            return self._by_token(deployment, operation, secret)
        if caller is CallerRole.OWNER:
            return ""
        if operation is Operation.ALL:
            raise _unauthorized("This needs a token of scope 'all'; others may predict, and read what it is.")
        if deployment.access is Access.PUBLIC or (
            deployment.access is Access.USERS and caller is CallerRole.USER
        ):
            if address and (wait := self._rates.take(address)):
                text = (
                    f"callers without a token may make {self._rates.rate} requests a minute from an address"
                )
                raise CallDenied(429, "Too many requests", text, math.ceil(wait))
            return ""
        raise needs_token(deployment.name)

    def address_of(self, request: web.BaseRequest, caller: CallerRole) -> str:
        """Return by which address a call without a token is counted; empty: it is not."""
        return self.addresses.of(request) if self._rates.rate and caller is CallerRole.ANYONE else ""

    def identify(self, deployment: str, secret: str) -> str:
        """Return the id of a deployment's token without counting a call; `CallDenied` if it is not valid."""
        return self._known(deployment, secret).token.id

    def _known(self, deployment: str, secret: str) -> Allowance:
        allowance = self._allowances.get(identifier_of(secret) or "")
        if allowance is None or not matches(allowance.token, secret):
            raise _unauthorized("This token is unknown, was revoked or has expired: ask for a new one.")
        token = allowance.token
        if token.deployment != deployment:
            raise CallDenied(403, "Not for this deployment", f"token {token.id} is not for {deployment!r}")
        return allowance

    def _by_token(self, deployment: Deployment, operation: Operation, secret: str) -> str:
        allowance = self._known(deployment.name, secret)
        token = allowance.token
        if operation is Operation.ALL and token.scope is not Scope.ALL:
            raise CallDenied(403, "Only for predictions", f"token {token.id} may predict, nothing else")
        if wait := allowance.take():
            limits = [f"{token.rate} requests a minute"] * (token.rate is not None)
            limits += [f"{token.quota} requests a day"] * (token.quota is not None)
            text = f"token {token.id} may make {' and '.join(limits)}"
            raise CallDenied(429, "Too many requests", text, math.ceil(wait))
        return token.id


def needs_token(deployment: str) -> CallDenied:
    """Return the error for a call without a token: the same whether there is such a deployment or not."""
    return _unauthorized(f"{deployment!r} is not for everybody: send its token as 'Authorization: Bearer …'.")


def _unauthorized(text: str) -> CallDenied:
    return CallDenied(401, "Not allowed", text)
