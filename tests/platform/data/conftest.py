"""A data service on a fresh database."""

from tests.unit.dashboard.data.conftest import database, service

__all__ = ["database", "service"]
