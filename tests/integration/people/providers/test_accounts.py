"""Which account somebody from a provider gets: roles and projects of groups, linking, look-alikes."""

from __future__ import annotations

import pytest

from dashboard.auth.identity import OWNER, Role
from dashboard.settings import PeopleSettings
from tests.integration.people.providers.conftest import Browser, Opening, new_session, settings
from tests.integration.people.providers.liar import Liar
from tests.platform.web.conftest import Site
from tests.platform.web.people import JSON, PHRASE, headers_of, joined, sign_in

EVA = {"preferred_username": "eva", "email": "eva@example.org", "email_verified": True}


async def person(site: Site, name: str) -> dict[str, object]:
    answer = await site.stranger.get(f"/people/{name}", headers=site.json)
    return (await answer.json()).get("person", {})


async def test_groups_that_map_to_nothing_are_denied_and_named(browser: Browser, liar: Liar) -> None:
    liar.claims = {"groups": ["strangers"]}
    status, text = await browser.sign_in()
    assert status == 403
    assert "none of your groups there (strangers)" in text
    liar.claims = {"groups": []}
    assert "names no groups of yours" in (await browser.sign_in())[1]
    assert await browser.whoami() is None


async def test_a_default_role_lets_everybody_of_the_provider_in(opened: Opening, liar: Liar) -> None:
    site = await opened(sso=settings(liar.issuer, default_role="viewer"))
    liar.claims = {"groups": ["strangers"], **EVA}
    async with new_session() as session:
        assert (await Browser(site, session).sign_in())[0] == 200
    assert (await person(site, "eva"))["roles"] == ["viewer"]


async def test_roles_and_projects_follow_the_groups_at_each_sign_in(opened: Opening, liar: Liar) -> None:
    site = await opened(sso=settings(liar.issuer, projects=("astro = north", "staff = south", "x = none")))
    for name in ("north", "south", "west"):
        await site.platform.projects.create(name, "", OWNER)
    liar.claims = {**EVA, "groups": ["astro"]}
    async with new_session() as session:
        browser = Browser(site, session)
        await browser.sign_in()
        await site.platform.projects.put_member("west", "eva", lead=False, identity=OWNER)
        assert await site.platform.projects.of_user("eva") == {"north", "west"}
        liar.claims = {**EVA, "groups": ["staff"]}
        await browser.sign_in()
        assert (await person(site, "eva"))["roles"] == ["publisher"]
        assert await site.platform.projects.of_user("eva") == {"south", "west"}
        liar.claims = {**EVA, "groups": []}
        assert (await browser.sign_in())[0] == 403
        assert (await person(site, "eva"))["roles"] == []
        # The session that was still open may do nothing more.
        async with session.get(f"{browser.home}/jobs", headers=JSON) as answer:
            assert answer.status == 403


async def test_the_last_administrator_stays_one_whatever_the_groups(opened: Opening, liar: Liar) -> None:
    site = await opened(sso=settings(liar.issuer))
    liar.claims = {**EVA, "groups": ["admins"]}
    async with new_session() as session:
        browser = Browser(site, session)
        await browser.sign_in()
        liar.claims = {**EVA, "groups": ["astro"]}
        assert (await browser.sign_in())[0] == 200
    assert (await person(site, "eva"))["roles"] == ["admin"]


async def test_an_equal_address_takes_no_account_over(browser: Browser, liar: Liar) -> None:
    await joined(browser.site, "eva", email="eva@example.org")
    liar.claims = EVA
    status, text = await browser.sign_in()
    assert status == 403
    assert "link Institute on the page Settings" in text
    assert await browser.whoami() is None
    # One that is not verified is no reason to deny, and none to link: it is another account.
    liar.claims = {**EVA, "email_verified": False}
    assert (await browser.sign_in())[0] == 200
    profile = await browser.whoami()
    assert profile
    assert (profile["person"]["name"], profile["person"]["email"]) == ("eva-2", "")


@pytest.mark.parametrize(
    "email", ["ｅva@example.org", "еva@example.org", "eva@example.org ", "Eva@Example.org"]
)
async def test_where_it_is_allowed_a_verified_address_links_and_one_that_is_alike_does_not(
    opened: Opening, liar: Liar, email: str
) -> None:
    site = await opened(sso=settings(liar.issuer, link_by_email=True))
    await joined(site, "eva", email="eva@example.org")
    liar.claims = {**EVA, "email": email}
    async with new_session() as session:
        browser = Browser(site, session)
        assert (await browser.sign_in())[0] == 200
        profile = await browser.whoami()
    assert profile
    same = email.strip().lower() == "eva@example.org"
    assert profile["person"]["name"] == ("eva" if same else "eva-2")
    assert profile["person"]["roles"] == ["user"]
    assert [way["managed"] for way in profile["ways"]] == [not same]


async def test_an_address_that_is_not_verified_links_nowhere(opened: Opening, liar: Liar) -> None:
    site = await opened(sso=settings(liar.issuer, link_by_email=True))
    await joined(site, "eva", email="eva@example.org", roles=["admin"])
    for verified in (False, None, "true", 1):
        liar.claims = {**EVA, "email_verified": verified, "sub": f"s{verified}"}
        async with new_session() as session:
            browser = Browser(site, session)
            await browser.sign_in()
            profile = await browser.whoami()
        assert profile
        assert profile["person"]["name"] != "eva"


async def test_names_of_others_deleted_and_reserved_ones_are_not_taken(browser: Browser, liar: Liar) -> None:
    site = browser.site
    await joined(site, "eva")
    await site.platform.accounts.create("gone", OWNER)
    await site.platform.accounts.delete("gone", OWNER)
    for wanted, name in (("EVA", "eva-2"), ("gone", "gone-2"), ("admin", "admin-2"), ("owner", "owner-2")):
        liar.claims = {"preferred_username": wanted, "sub": wanted}
        assert (await browser.sign_in())[0] == 200
        profile = await browser.whoami()
        assert profile
        assert profile["person"]["name"] == name


async def linked(browser: Browser, token: str) -> tuple[int, str]:
    """Link the provider to the account of a session, as its page does."""
    headers = {**headers_of(token), "Content-Type": "application/json"}
    async with browser.session.post(
        f"{browser.home}/settings/providers/sso", json={}, headers=headers
    ) as answer:
        assert answer.status == 200, await answer.text()
        url = (await answer.json())["url"]
    status, text, _ = await browser.get(await browser.callback(url))
    return status, text


async def test_one_links_and_unlinks_and_keeps_the_role(browser: Browser, liar: Liar) -> None:
    site = browser.site
    eva = await joined(site, "eva", roles=["manager"])
    token = (await sign_in(site, "eva"))[1]["token"]
    liar.claims = {"groups": ["astro"]}
    assert (await linked(browser, token))[0] == 200
    assert (await browser.sign_in())[0] == 200
    profile = await browser.whoami()
    assert profile
    assert (profile["person"]["name"], profile["person"]["roles"]) == ("eva", ["manager"])
    [way] = profile["ways"]
    adam = await joined(site, "adam")
    address = f"/settings/ways/{way['id']}"
    assert (await site.stranger.delete(address, headers=adam)).status == 404
    assert (await site.stranger.delete(address, headers=eva)).status == 204
    assert (await browser.sign_in())[0] == 200
    profile = await browser.whoami()
    assert profile
    assert profile["person"]["name"] != "eva"


async def test_an_account_of_a_provider_is_linked_to_one_account_only(browser: Browser, liar: Liar) -> None:
    for name, status in (("eva", 200), ("adam", 409)):
        await joined(browser.site, name)
        token = (await sign_in(browser.site, name))[1]["token"]
        assert (await linked(browser, token))[0] == status


async def test_who_signed_out_meanwhile_is_linked_to_nothing(browser: Browser, liar: Liar) -> None:
    await joined(browser.site, "eva")
    token = (await sign_in(browser.site, "eva"))[1]["token"]
    headers = headers_of(token)
    async with browser.session.post(
        f"{browser.home}/settings/providers/sso", json={}, headers=headers
    ) as answer:
        url = (await answer.json())["url"]
    await browser.site.platform.sessions.end(token)
    status, _, _ = await browser.get(await browser.callback(url))
    assert status == 403
    assert await browser.site.platform.providers.ways("eva") == []


async def test_the_last_way_to_sign_in_stays(browser: Browser, liar: Liar) -> None:
    liar.claims = EVA
    await browser.sign_in()
    [way] = await browser.site.platform.providers.ways("eva")
    address = f"{browser.home}/settings/ways/{way['id']}"
    headers = {**JSON, "Sec-Fetch-Site": "same-origin"}
    async with browser.session.delete(address, headers=headers) as answer:
        assert answer.status == 409
        assert "last way" in (await answer.json())["detail"]
    async with browser.session.post(
        f"{browser.home}/settings/password", json={"password": PHRASE}, headers=headers
    ) as answer:
        assert answer.status == 204
    async with browser.session.delete(address, headers=headers) as answer:
        assert answer.status == 204
    assert (await sign_in(browser.site, "eva"))[0] == 200


async def test_who_is_disabled_or_deleted_does_not_come_back_by_a_provider(
    browser: Browser, liar: Liar
) -> None:
    site, liar.claims = browser.site, EVA
    await browser.sign_in()
    await site.stranger.post("/people/eva", json={"disabled": True}, headers=site.json)
    status, text = await browser.sign_in()
    assert (status, "disabled" in text) == (403, True)
    assert await browser.whoami() is None
    await site.stranger.delete("/people/eva", headers=site.json)
    await browser.sign_in()
    profile = await browser.whoami()
    assert profile
    assert profile["person"]["name"] == "eva-2"  # a new one, without what the other owned


async def test_where_registration_is_closed_only_linked_ones_come_in(opened: Opening, liar: Liar) -> None:
    site = await opened(PeopleSettings(registration="closed"), sso=settings(liar.issuer))
    async with new_session() as session:
        browser = Browser(site, session)
        status, text = await browser.sign_in()
        assert (status, "ask an administrator for an invitation" in text) == (403, True)
        await joined(site, "eva")
        token = (await sign_in(site, "eva"))[1]["token"]
        assert (await linked(browser, token))[0] == 200
        assert (await browser.sign_in())[0] == 200


async def test_a_provider_of_plain_oauth_says_who_one_is_at_its_address(opened: Opening, liar: Liar) -> None:
    plain = settings(
        "",
        authorization_url=f"{liar.issuer}/authorize",
        token_url=f"{liar.issuer}/token",
        userinfo_url=f"{liar.issuer}/userinfo",
        scopes=("read:user",),
        default_role="user",
    )
    site = await opened(sso=plain)
    liar.userinfo = {"sub": None, "id": 17, "login": "octo", "email": "octo@example.org"}
    async with new_session() as session:
        browser = Browser(site, session)
        assert (await browser.sign_in())[0] == 200
        profile = await browser.whoami()
    assert profile
    assert (profile["person"]["name"], profile["person"]["email"]) == ("octo", "")


async def test_an_administrator_sees_how_somebody_signs_in_and_unlinks_it(
    browser: Browser, liar: Liar
) -> None:
    site, liar.claims = browser.site, EVA
    await browser.sign_in()
    told = await (await site.stranger.get("/people/eva", headers=site.json)).json()
    assert (told["has_password"], told["ways"][0]["title"], told["sign_ins"][0]["detail"]) == (
        False,
        "Institute",
        "provider sso",
    )
    assert told["sessions"][0]["how"] == "provider sso"
    address = f"/people/eva/ways/{told['ways'][0]['id']}"
    assert (await site.stranger.delete(address, headers=site.json)).status == 204
    assert (await person(site, "eva"))["roles"] == [Role.USER]


async def test_after_signing_in_one_is_where_one_was_and_nowhere_else(browser: Browser) -> None:
    for wanted, to in (
        ("/jobs?page=2", "/jobs?page=2"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
    ):
        back = await browser.callback(await browser.start(next=wanted))
        _, _, refresh = await browser.get(back)
        assert refresh == f"0; url={to}"


async def test_signing_out_leads_to_where_the_session_of_the_provider_ends(
    browser: Browser, liar: Liar
) -> None:
    liar.document = {"end_session_endpoint": f"{liar.issuer}/logout"}
    await browser.sign_in()
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with browser.session.post(f"{browser.home}/leave", headers=headers) as answer:
        assert answer.url.path == "/signed-out"
        assert f'href="{liar.issuer}/logout?client_id=huggins"' in await answer.text()
    assert await browser.whoami() is None
