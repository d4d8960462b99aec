"""What the tests of trainings share with those of the map's parts."""

from tests.unit.deepaas_plugins.som.conftest import features, run

__all__ = ["features", "run"]
