"""The platform answers whatever its own document allows, and whatever it does not, as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.web.app.application import all_endpoints
from dashboard.web.app.openapi import document
from tests.contract.openapi.fuzzing import (
    NEGATIVE,
    OTHER_THREAD,
    POSITIVE,
    Operation,
    can_be_wrong,
    fuzz,
    loaded,
    operations,
)
from tests.contract.openapi.site import Site

pytestmark = pytest.mark.filterwarnings(f"ignore:{OTHER_THREAD}")
DOCUMENT = document(all_endpoints(), "0")
# The stream of what happens has no end, so there is no whole answer to hold against anything;
# tests/platform/web/test_live.py reads it.
ENDLESS = {("get", "/live")}
# What deletes comes last: the others would find less.
OPERATIONS = sorted(set(operations(DOCUMENT)) - ENDLESS, key=lambda one: (one[0] == "delete", one[1], one[0]))
ONE_CAN_BE_WRONG = [one for one in OPERATIONS if can_be_wrong(DOCUMENT, one)]


@pytest.fixture(scope="module")
def schema(site: Site) -> Any:
    return loaded(DOCUMENT, site.address)


@pytest.fixture(autouse=True)
def taking_new_things(site: Site) -> Iterator[None]:
    """End a maintenance that a case began: everything else would be told of it and nothing more."""
    yield
    site.end_maintenance()


def named(operation: Operation) -> str:
    return " ".join(operation)


def owner(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.token}", "Accept": "application/json"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_what_the_document_allows_is_answered_as_it_says(
    site: Site, schema: Any, operation: Operation
) -> None:
    fuzz(schema, operation, POSITIVE, headers=owner(site), known=site.known_to(*operation))


@pytest.mark.parametrize("operation", ONE_CAN_BE_WRONG, ids=named)
def test_what_the_document_does_not_allow_is_answered_as_it_says(
    site: Site, schema: Any, operation: Operation
) -> None:
    fuzz(schema, operation, NEGATIVE, headers=owner(site), known=site.known_to(*operation))


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_a_stranger_gets_what_is_public_or_a_problem(site: Site, schema: Any, operation: Operation) -> None:
    fuzz(schema, operation, POSITIVE, headers={"Accept": "application/json"})
