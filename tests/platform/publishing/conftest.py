"""A module to publish."""

from tests.unit.dashboard.publishing.conftest import written  # noqa: F401 - fixture
