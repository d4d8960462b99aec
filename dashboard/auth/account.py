"""An account: its name, which is also the user id, and the rules for names and e-mail addresses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashboard.auth.identity import ANONYMOUS, EVERYONE, OWNER, SYSTEM, Identity, Role
from dashboard.base.errors import FieldError

# Letters of ASCII only: a name in another script can look like one that somebody else has.
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
NAME_RULE = (
    "must have 1 to 40 lower-case letters a to z, digits, dots, hyphens or underscores, "
    "and begin and end with a letter or a digit"
)
RESERVED = frozenset(
    {
        OWNER.user,
        ANONYMOUS.user,
        EVERYONE.user,
        SYSTEM.user,
        "anonymous",
        "huggins",
        "supervisor",
        "admin",
        "root",
    }
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322, section 3.2.3; letters of ASCII only, as for names
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
LONGEST_EMAIL = 254  # characters, RFC 5321, section 4.5.3.1.3
LONGEST_TITLE = 120


class AccountState(StrEnum):
    """Whether somebody can sign in to an account."""

    INVITED = "invited"  # has no password yet
    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"  # the row stays, so that nobody takes the name and what belonged to it


@dataclass(frozen=True)
class Account:
    """An account.

    Attributes
    ----------
    name : str
        The user id; it is what stands in the ``owner`` column, and never changes.
    title : str
        The name that people read.
    email : str
        Empty: none.
    roles : frozenset of Role
        What the user may do in general.
    state : AccountState
        Whether the user can sign in.
    created, last_sign_in : str
        ISO 8601, UTC; `last_sign_in` is empty before the first.
    """

    name: str
    title: str
    email: str
    roles: frozenset[Role]
    state: AccountState
    created: str
    last_sign_in: str = ""

    def identity(self, projects: Iterable[str] = ()) -> Identity:
        """Return who acts when this user does; an account that is not active has no roles.

        Parameters
        ----------
        projects : iterable of str
            The projects that the user is a member of.
        """
        if self.state is not AccountState.ACTIVE:
            return Identity(self.name)
        return Identity(self.name, self.roles, frozenset(projects))

    def to_json(self) -> dict[str, Any]:
        """Return its fields; roles in the order of `Role`."""
        return {
            "name": self.name,
            "title": self.title,
            "email": self.email,
            "roles": [role for role in Role if role in self.roles],
            "state": self.state,
            "created": self.created,
            "last_sign_in": self.last_sign_in or None,
        }


def account_of(row: Mapping[str, Any]) -> Account:
    """Return the account of a row of ``users``."""
    return Account(
        row["name"],
        row["title"],
        row["email"],
        frozenset(Role(role) for role in row["roles"]),
        AccountState(row["state"]),
        row["created"],
        row["last_sign_in"] or "",
    )


def name_errors(name: str) -> list[FieldError]:
    """Return what is wrong with the name of a new account.

    Parameters
    ----------
    name : str
        As typed, in lower case.

    Returns
    -------
    list of FieldError
        Empty if it can be used.
    """
    strange = next((letter for letter in name if not letter.isascii()), "")
    if strange:
        called = unicodedata.name(strange, "a character without a name").lower()
        return [FieldError("name", f"{NAME_RULE}; {strange!r} is {called}")]
    if not NAME.fullmatch(name):
        return [FieldError("name", NAME_RULE)]
    if name in RESERVED:
        return [FieldError("name", f"cannot be {name}: the platform uses this name itself")]
    return []


def email_errors(email: str) -> list[FieldError]:
    """Return what is wrong with an e-mail address; an empty one is none, which is allowed."""
    if email and (len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email)):
        return [FieldError("email", "is no e-mail address")]
    return []


def title_errors(title: str) -> list[FieldError]:
    """Return what is wrong with the name that people read."""
    if len(title) > LONGEST_TITLE or not title.isprintable():
        return [FieldError("title", f"must have at most {LONGEST_TITLE} printable characters")]
    return []


def email_key(email: str) -> str | None:
    """Return the form by which two addresses are the same, or None for no address."""
    return unicodedata.normalize("NFKC", email).casefold() or None
