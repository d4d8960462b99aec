"""Reading claims: who somebody is, and which roles and projects their groups have here."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.auth.account import LONGEST_TITLE, email_errors, name_errors, title_errors
from dashboard.auth.identity import Role
from dashboard.auth.oidc.id_token import LONGEST_SUBJECT, denied
from dashboard.settings import ProviderSettings
from dashboard.settings.providers import mapping

LONGEST_BASE = 30  # characters of a name before the number that makes it one's own
MOST_NAMES = 200
MOST_GROUPS = 10_000


@dataclass(frozen=True)
class ProviderPerson:
    """Who somebody is, as a provider says.

    Attributes
    ----------
    issuer, subject : str
        Name them for ever.
    wanted_name : str
        By which they are called there.
    title : str
        The name that people read; empty: none.
    email : str
        Verified by the provider; empty: none is.
    groups : tuple of str
        As the provider calls them.
    """

    issuer: str
    subject: str
    wanted_name: str
    title: str
    email: str
    groups: tuple[str, ...]


def has_claim(claims: Mapping[str, Any], name: str) -> bool:
    """Return whether there is a claim; `name` as for `claim`."""
    return claim(claims, name) is not None


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim, or None.

    Parameters
    ----------
    claims : mapping
        All of them.
    name : str
        Its name; where there is none of that name, dots lead into objects.
    """
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def person_of(issuer: str, claims: Mapping[str, Any], settings: ProviderSettings) -> ProviderPerson:
    """Return who claims are about.

    Parameters
    ----------
    issuer : str
        Who says it.
    claims : mapping
        Checked.
    settings : ProviderSettings
        Of the provider.

    Raises
    ------
    ProviderDenied
        If they name nobody.
    """
    subject = claims.get("sub")
    if subject is None and not settings.is_openid:
        subject = claims.get("id")  # a number at GitHub and its like
    subject = str(subject) if isinstance(subject, int) and not isinstance(subject, bool) else subject
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise denied("sub")
    email = _text(claims, "email")
    verified = claims.get("email_verified") is True or settings.emails_verified
    title = " ".join(_text(claims, "name").split())[:LONGEST_TITLE]
    named = _text(claims, "preferred_username") or _text(claims, "login") or email
    return ProviderPerson(
        issuer=issuer,
        subject=subject,
        wanted_name=named.partition("@")[0],
        title="" if title_errors(title) else title,
        email=email if verified and email and not email_errors(email) else "",
        groups=_groups(claim(claims, settings.groups_claim)),
    )


def role_of(person: ProviderPerson, settings: ProviderSettings) -> Role | None:
    """Return the highest role to which somebody's groups map; None: they map to nothing.

    Parameters
    ----------
    person : ProviderPerson
        Who it is.
    settings : ProviderSettings
        With the mapping, and the role of those whom it leaves out.
    """
    mapped = mapping(settings.roles)
    found = {Role(role) for group in person.groups for role in mapped.get(group, ())}
    if settings.default_role:
        found.add(Role(settings.default_role))
    return max(found, key=list(Role).index) if found else None


def projects_of(person: ProviderPerson, settings: ProviderSettings) -> tuple[frozenset[str], frozenset[str]]:
    """Return the projects that somebody is in, and those of which the provider decides who is.

    Parameters
    ----------
    person : ProviderPerson
        Who it is.
    settings : ProviderSettings
        With the mapping.
    """
    mapped = mapping(settings.projects)
    theirs = {project for group in person.groups for project in mapped.get(group, ())}
    return frozenset(theirs), frozenset(project for projects in mapped.values() for project in projects)


def account_names(person: ProviderPerson) -> Iterator[str]:
    """Yield names for a new account, the wanted one first; only those that an account may have."""
    plain = unicodedata.normalize("NFKD", person.wanted_name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9._-]+", "-", plain).strip("._-")[:LONGEST_BASE].rstrip("._-")
    if not base:
        base = f"user-{hashlib.sha256(person.subject.encode()).hexdigest()[:8]}"
    for number in range(1, MOST_NAMES):
        name = base if number == 1 else f"{base}-{number}"
        if not name_errors(name):
            yield name


def _groups(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(one for one in listed[:MOST_GROUPS] if isinstance(one, str) and one)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
