"""What the tests of trainings share with those of the detectors."""

from tests.unit.deepaas_plugins.outliers.conftest import features

__all__ = ["features"]
