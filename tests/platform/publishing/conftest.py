"""A module to publish."""

from tests.unit.dashboard.publishing.conftest import written

__all__ = ["written"]
