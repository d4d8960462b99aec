"""Accounts in the database: created, changed, disabled, deleted; and the identity of each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import String, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.account import (
    Account,
    AccountState,
    account_of,
    email_errors,
    email_key,
    name_errors,
    title_errors,
)
from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.auth.policy import Action, Resource, absent, authorize
from dashboard.base import clock
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.database.engine import Database
from dashboard.database.tables import (
    project_members,
    provider_accounts,
    recovery_codes,
    second_factors,
    users,
)

PEOPLE = Resource("person")
WAYS_TO_SIGN_IN = (provider_accounts, second_factors, recovery_codes)
ASKED_EVERY_S = 5.0  # of a platform without accounts, whether it has some now


class AccountStore:
    """Reads and writes the accounts.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._exist = False
        self._asked = float("-inf")

    async def identity(self, user: str) -> Identity:
        """Return who acts for a user id: the local owner, or somebody with an account.

        A user without an account, or with one that is not active, has no roles.

        Parameters
        ----------
        user : str
            The user id.
        """
        if user == OWNER.user:
            led = select(project_members.c.project).where(project_members.c.user == user)
            async with self._database.read() as connection:
                return replace(OWNER, projects=frozenset((await connection.execute(led)).scalars()))
        query = select(users, project_members.c.project).where(users.c.name == user)
        joined = users.outerjoin(project_members, project_members.c.user == users.c.name)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.select_from(joined))).mappings().all()
        if not rows:
            return Identity(user)
        return account_of(dict(rows[0])).identity(row["project"] for row in rows if row["project"])

    async def find(self, name: str) -> Account | None:
        """Return an account, or None where there is none."""
        async with self._database.read() as connection:
            row = (
                (await connection.execute(select(users).where(users.c.name == name))).mappings().one_or_none()
            )
        return account_of(dict(row)) if row else None

    async def get(self, name: str, identity: Identity) -> Account:
        """Return one account for an administrator, or for its own user.

        Parameters
        ----------
        name : str
            The user id.
        identity : Identity
            Who asks.

        Raises
        ------
        NotFound
            If there is none, or the identity may not see it.
        """
        found = await self.find(name)
        if found is None or not (identity.admin or identity.user == name):
            raise absent("person", name)
        return found

    async def exist(self) -> bool:
        """Return whether anybody has an account: then one signs in by name and password, and shares.

        Rows of accounts stay for ever, so that yes is remembered; no is for `ASKED_EVERY_S`.
        """
        if not self._exist and time.monotonic() - self._asked > ASKED_EVERY_S:
            async with self._database.read() as connection:
                self._exist = (await connection.execute(select(users.c.name).limit(1))).first() is not None
            self._asked = time.monotonic()
        return self._exist

    async def list(
        self, identity: Identity, *, search: str = "", page: int = 1, size: int = 50
    ) -> tuple[list[Account], int]:
        """Return a page of the accounts, by name, and how many there are.

        Parameters
        ----------
        identity : Identity
            An administrator.
        search : str
            Part of a name, title or e-mail address.
        page, size : int
            The page, from 1, and how many stand on one.

        Raises
        ------
        Denied
            If the identity is no administrator.
        """
        authorize(identity, Action.CHANGE, PEOPLE)
        query = select(users).where(users.c.state != AccountState.DELETED)
        if search:
            texts = (users.c.name, func.lower(users.c.title), users.c.email_key)
            condition = texts[0].contains(search.lower(), autoescape=True)
            for text in texts[1:]:
                condition |= text.contains(search.lower(), autoescape=True)
            query = query.where(condition)
        async with self._database.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(query.subquery()))
            chosen = query.order_by(users.c.name).limit(size).offset((page - 1) * size)
            rows = (await connection.execute(chosen)).mappings().all()
        return [account_of(dict(row)) for row in rows], int(total or 0)

    async def create(
        self,
        name: str,
        identity: Identity,
        *,
        title: str = "",
        email: str = "",
        roles: Iterable[str] = (Role.USER,),
        state: AccountState = AccountState.INVITED,
    ) -> Account:
        """Create an account that has no password yet.

        Parameters
        ----------
        name : str
            The user id; upper case is changed to lower case.
        identity : Identity
            An administrator.
        title, email : str
            The name that people read, and where messages go.
        roles : iterable of str
            Of `Role`.
        state : AccountState
            ``invited`` until a password is set; ``active`` where its user signs in by a provider.

        Returns
        -------
        Account
            The new one.

        Raises
        ------
        Denied
            If the identity is no administrator.
        Invalid
            If a value cannot be used, by field.
        Conflict
            If the name or the e-mail address belongs to somebody.
        """
        authorize(identity, Action.CREATE, PEOPLE)
        name, title, email = name.strip().lower(), " ".join(title.split()), email.strip()
        errors = [*name_errors(name), *title_errors(title), *email_errors(email), *_role_errors(roles)]
        if errors:
            raise Invalid("This account cannot be created.", errors)
        account = Account(name, title or name, email, frozenset(map(Role, roles)), state, clock.now())
        row = {**_columns(account), "created": account.created, "password": "", "by": identity.user}
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(users).values(name=name, **row))
            self._exist = True
        except IntegrityError as error:
            raise await self._taken(name, email) from error
        return account

    async def change(self, name: str, changes: Mapping[str, Any], identity: Identity) -> Account:
        """Change an account.

        Parameters
        ----------
        name : str
            The user id.
        changes : mapping
            ``title``, ``email``, ``roles``, ``disabled``; what is left out stays.
        identity : Identity
            An administrator; users change their own title and e-mail address.

        Returns
        -------
        Account
            As it is now.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the account, or not change this of it.
        Invalid
            If a value cannot be used, by field.
        Conflict
            If the e-mail address belongs to somebody else, or no administrator would be left.
        """
        before = await self.get(name, identity)
        if not identity.admin and changes.keys() & {"roles", "disabled"}:
            authorize(identity, Action.CHANGE, PEOPLE)
        after = _changed(before, changes)
        try:
            async with self._database.write() as connection:
                await _require_administrator(connection, before, after)
                await self._write(connection, before, after)
        except IntegrityError as error:
            raise await self._taken("", after.email) from error
        return after

    @staticmethod
    async def _write(connection: AsyncConnection, before: Account, after: Account) -> None:
        """Write what differs, so that a change of a title undoes no disabling of the same moment.

        Raises
        ------
        Conflict
            If the account was disabled, enabled or deleted since it was read.
        """
        old, new = _columns(before), _columns(after)
        changed = {name: value for name, value in new.items() if value != old[name]}
        if not changed:
            return
        same = (users.c.name == before.name, users.c.state == before.state)
        done = await connection.execute(update(users).where(*same).values(changed))
        if not done.rowcount:
            raise Conflict(f"{before.name} was changed by somebody else at this moment: look again.")

    async def delete(self, name: str, identity: Identity) -> None:
        """Delete an account; its name stays taken.

        Parameters
        ----------
        name : str
            The user id.
        identity : Identity
            An administrator.

        Raises
        ------
        NotFound, Denied
            If there is no such account; if the identity is no administrator.
        Conflict
            If no administrator would be left.
        """
        authorize(identity, Action.DELETE, PEOPLE)
        before = await self.get(name, identity)
        gone = replace(before, title="", email="", roles=frozenset(), state=AccountState.DELETED)
        async with self._database.write() as connection:
            await _require_administrator(connection, before, gone)
            emptied = {**_columns(gone), "password": ""}
            await connection.execute(update(users).where(users.c.name == name).values(**emptied))
            for way in WAYS_TO_SIGN_IN:
                await connection.execute(delete(way).where(way.c.user == name))

    async def confirm_email(self, name: str, email: str) -> None:
        """Store an e-mail address that its user has confirmed.

        Parameters
        ----------
        name : str
            The user id.
        email : str
            The address; empty: none any more.

        Raises
        ------
        Conflict
            If the address belongs to somebody else.
        """
        mine = (users.c.name == name, users.c.state != AccountState.DELETED)
        values = {"email": email, "email_key": email_key(email)}
        try:
            async with self._database.write() as connection:
                await connection.execute(update(users).where(*mine).values(values))
        except IntegrityError as error:
            raise await self._taken("", email) from error

    async def activate(self, name: str) -> None:
        """Let somebody who was invited sign in, also without a password: a provider vouches for them."""
        invited = (users.c.name == name, users.c.state == AccountState.INVITED)
        async with self._database.write() as connection:
            await connection.execute(update(users).where(*invited).values(state=AccountState.ACTIVE))

    async def password_hash(self, name: str) -> str:
        """Return the hash of a user's password; empty if the user cannot sign in by one."""
        query = select(users.c.password).where(users.c.name == name, users.c.state == AccountState.ACTIVE)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none() or ""

    async def credentials(self, typed: str) -> tuple[str, str]:
        """Return who signs in by a name or an e-mail address, and the hash of the password.

        One query of one shape answers for both: its time does not tell whether there is such an account.

        Parameters
        ----------
        typed : str
            User id or e-mail address, in lower case.

        Returns
        -------
        tuple
            User id and hash; what was typed and an empty hash where nobody can sign in by it.
        """
        key = email_key(typed)
        named = [users.c.name == typed, *([users.c.email_key == key] if key and "@" in key else [])]
        query = select(users.c.name, users.c.password).where(
            or_(*named), users.c.state == AccountState.ACTIVE
        )
        async with self._database.read() as connection:
            found = (await connection.execute(query)).first()
        return (str(found[0]), found[1] or "") if found else (typed, "")

    async def set_password_hash(self, name: str, hashed: str) -> None:
        """Store the hash of a password; an invited account becomes active."""
        async with self._database.write() as connection:
            mine = users.c.name == name
            await connection.execute(update(users).where(mine).values(password=hashed))
            invited = users.c.state == AccountState.INVITED
            await connection.execute(update(users).where(mine, invited).values(state=AccountState.ACTIVE))

    async def signed_in(self, name: str) -> None:
        """Record the time of a sign-in."""
        async with self._database.write() as connection:
            await connection.execute(
                update(users).where(users.c.name == name).values(last_sign_in=clock.now())
            )

    async def by_email(self, email: str) -> Account | None:
        """Return the account with an e-mail address, or None."""
        key = email_key(email.strip())
        async with self._database.read() as connection:
            query = select(users).where(users.c.email_key == key)
            row = (await connection.execute(query)).mappings().one_or_none() if key else None
        return account_of(dict(row)) if row else None

    async def _taken(self, name: str, email: str) -> Conflict:
        if name and await self.find(name) is not None:
            detail = f"The name {name} is taken, perhaps by an account that was deleted."
            return Conflict(detail, [FieldError("name", "is taken")])
        detail = f"The e-mail address {email} belongs to another account."
        return Conflict(detail, [FieldError("email", "belongs to another account")])


def _columns(account: Account) -> dict[str, Any]:
    """Return the columns that change with an account."""
    told = account.to_json()
    kept = {key: told[key] for key in ("title", "email", "roles", "state")}
    return {**kept, "email_key": email_key(account.email)}


def _role_errors(roles: Iterable[str]) -> list[FieldError]:
    known = set(Role)
    wrong = sorted(set(roles) - known)
    return [FieldError("roles", f"{wrong[0]!r} is none of {', '.join(Role)}")] if wrong else []


def _changed(before: Account, changes: Mapping[str, Any]) -> Account:
    title = " ".join(str(changes.get("title", before.title)).split()) or before.name
    email = str(changes.get("email", before.email)).strip()
    roles = changes.get("roles", before.roles)
    errors = [*title_errors(title), *email_errors(email), *_role_errors(roles)]
    if errors:
        raise Invalid("This account cannot be changed so.", errors)
    state = before.state
    if "disabled" in changes and state is not AccountState.DELETED:
        # Who never chose a password is invited again when the account is enabled.
        enabled = AccountState.ACTIVE if before.last_sign_in else AccountState.INVITED
        is_disabled = state is AccountState.DISABLED
        if bool(changes["disabled"]) != is_disabled:
            state = AccountState.DISABLED if changes["disabled"] else enabled
    return replace(before, title=title, email=email, roles=frozenset(map(Role, roles)), state=state)


async def _require_administrator(connection: AsyncConnection, before: Account, after: Account) -> None:
    """Return if an administrator is left when one account becomes another.

    The local owner is one only for those who can use the terminal of the platform: somebody must be left who
    can sign in.
    """
    was = before.state is AccountState.ACTIVE and Role.ADMIN in before.roles
    stays = after.state is AccountState.ACTIVE and Role.ADMIN in after.roles
    if not was or stays:
        return
    # Locked in one order, its own row too: of two who remove each other one waits, and sees what is left.
    named = users.c.roles.cast(String).contains(Role.ADMIN.value)
    query = select(users.c.name, users.c.roles).where(users.c.state == AccountState.ACTIVE, named)
    rows = (await connection.execute(query.order_by(users.c.name).with_for_update())).all()
    if not any(Role.ADMIN in row.roles for row in rows if row.name != before.name):
        raise Conflict(f"{before.name} is the last administrator: make another one first.")
