"""The settings of a provider of accounts: OpenID Connect, or OAuth 2.0 where there is no ID token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

from launchers.private_file import exposed

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
#: Roles of `dashboard.auth.identity`, which stands above the settings.
ROLES = ("viewer", "user", "publisher", "manager", "admin")
SCOPES = ("openid", "profile", "email")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ProviderSettings:
    """``[oidc.NAME]``: a provider by which people sign in.

    `roles` and `projects` are texts ``GROUP = ROLE``. Without `issuer`, the three addresses name a provider
    of plain OAuth 2.0, which says who somebody is at `userinfo_url` only.
    """

    title: str = ""
    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = SCOPES
    groups_claim: str = "groups"
    roles: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    default_role: str = ""
    emails_verified: bool = False
    link_by_email: bool = False
    networks: tuple[str, ...] = ()
    authorization_url: str = ""
    token_url: str = ""
    userinfo_url: str = ""

    @property
    def addresses(self) -> dict[str, str]:
        """The addresses that are set, by key."""
        named = ("issuer", "authorization_url", "token_url", "userinfo_url")
        return {name: value for name in named if (value := getattr(self, name))}

    @property
    def is_openid(self) -> bool:
        """Whether it is OpenID Connect."""
        return bool(self.issuer)


def mapping(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what each group is mapped to.

    Parameters
    ----------
    texts : iterable of str
        ``GROUP = VALUE``; a group may contain ``=`` itself and may stand more than once.

    Raises
    ------
    ValueError
        If a text has not this form.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        group, sign, value = (part.strip() for part in text.rpartition("="))
        if not (sign and group and value):
            raise ValueError(f"{text!r} is not of the form 'group = value'")
        found[group] = (*found.get(group, ()), value)
    return found


def mistakes(providers: Mapping[str, ProviderSettings]) -> Iterator[str]:
    """Yield what is wrong with providers, each with its key.

    Parameters
    ----------
    providers : mapping
        Name to settings.
    """
    for name, settings in providers.items():
        if not NAME.fullmatch(name):
            yield f"oidc.{name}: a name has 1 to 40 lower-case letters a to z, digits and hyphens"
        for key, why in _of_one(settings):
            yield f"oidc.{name}.{key}: {why}"


def _of_one(settings: ProviderSettings) -> Iterator[tuple[str, str]]:
    plain = ("authorization_url", "token_url", "userinfo_url")
    if not settings.is_openid and not all(getattr(settings, key) for key in plain):
        yield "issuer", f"is needed, or all of {', '.join(plain)}"
    if settings.is_openid and "openid" not in settings.scopes:
        yield "scopes", "must contain 'openid'"
    for key, address in settings.addresses.items():
        if why := wrong_address(address):
            yield key, why
    if not settings.client_id:
        yield "client_id", "is needed"
    if settings.client_secret and settings.client_secret_file:
        yield "client_secret_file", "stands beside client_secret: set one of them"
    if settings.client_secret_file and (why := exposed(settings.client_secret_file)):
        yield "client_secret_file", why
    yield from _wrong_mappings(settings)
    for network in settings.networks:
        try:
            ip_network(network, strict=False)
        except ValueError as error:
            yield "networks", str(error)


def wrong_address(address: str) -> str:
    """Return why requests with secrets must not go to an address; empty: they may."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError as error:
        return str(error)
    if parts.scheme == "https" and host and not parts.fragment:
        return ""
    if parts.scheme == "http" and host in LOOPBACK:  # a provider under test
        return ""
    return f"{address!r} must be an address that begins with https://"


def _wrong_mappings(settings: ProviderSettings) -> Iterator[tuple[str, str]]:
    for key in ("roles", "projects"):
        try:
            mapped = mapping(getattr(settings, key))
        except ValueError as error:
            yield key, str(error)
            continue
        roles = {role for values in mapped.values() for role in values} if key == "roles" else set()
        for role in sorted(roles - set(ROLES)):
            yield key, f"{role!r} is none of {', '.join(ROLES)}"
    if settings.default_role not in {"", *ROLES}:
        yield "default_role", f"{settings.default_role!r} is none of {', '.join(ROLES)}"
