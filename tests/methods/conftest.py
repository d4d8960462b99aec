"""What the tests of trainings share."""

from tests.unit.deepaas_plugins.conftest import run

__all__ = ["run"]
