"""Changes of one account by two people at one moment: none undoes the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dashboard.auth.account import Account, AccountState
from dashboard.auth.accounts import AccountStore
from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Conflict
from dashboard.base.ownership import Ownership
from dashboard.platform import Platform
from tests.platform.world import World, add_dataset

EVA = Identity("eva", frozenset({Role.USER}))


class Slow(AccountStore):
    """Between whose reading and writing something happens."""

    def __init__(self, platform: Platform, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(platform.database)
        self._meanwhile = meanwhile

    async def get(self, name: str, identity: Identity) -> Account:
        found = await super().get(name, identity)
        await self._meanwhile()
        return found


@pytest.fixture
async def platform(world: World) -> Platform:
    made = await world.platform()
    await made.accounts.create("eva", OWNER, roles=["user"])
    await made.accounts.set_password_hash("eva", "none")
    return made


async def test_who_changes_the_title_does_not_undo_a_disabling_or_deletion(platform: Platform) -> None:
    async def disable() -> None:
        await platform.accounts.change("eva", {"disabled": True}, OWNER)

    with pytest.raises(Conflict, match="look again"):
        await Slow(platform, disable).change("eva", {"title": "Eva"}, EVA)
    assert (await platform.accounts.get("eva", OWNER)).state is AccountState.DISABLED
    await platform.accounts.change("eva", {"disabled": False}, OWNER)

    async def delete() -> None:
        await platform.accounts.delete("eva", OWNER)

    with pytest.raises(Conflict, match="look again"):
        await Slow(platform, delete).change("eva", {"title": "Eva"}, EVA)
    gone = await platform.accounts.get("eva", OWNER)
    assert (gone.state, gone.roles, gone.title) == (AccountState.DELETED, frozenset(), "")


async def test_who_changes_the_title_does_not_undo_another_role(platform: Platform) -> None:
    async def demote() -> None:
        await platform.accounts.change("eva", {"roles": ["viewer"]}, OWNER)

    await Slow(platform, demote).change("eva", {"title": "Eva"}, EVA)
    found = await platform.accounts.get("eva", OWNER)
    assert (found.title, found.roles) == ("Eva", frozenset({Role.VIEWER}))


async def test_who_shares_an_object_does_not_take_it_back_from_whom_it_was_given_to(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await platform.accounts.create("adam", OWNER, roles=["user"])
    await platform.accounts.set_password_hash("adam", "none")
    dataset = await add_dataset(platform, owner="eva")
    wanted = platform.sharing._wanted

    async def slow(*asked: Any) -> Ownership:
        found = await wanted(*asked)
        monkeypatch.undo()
        await platform.sharing.change("dataset", dataset, {"owner": "adam"}, OWNER)
        return found

    monkeypatch.setattr(platform.sharing, "_wanted", slow)
    with pytest.raises(Conflict, match="look again"):
        await platform.sharing.change("dataset", dataset, {"visibility": "public"}, EVA)
    found = await platform.sharing.get("dataset", dataset, OWNER)
    assert (found.owner, found.visibility) == ("adam", "private")
