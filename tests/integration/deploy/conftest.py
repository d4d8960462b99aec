"""A trained forest for the gateways' replicas."""

from __future__ import annotations

from tests.integration.serving.conftest import trained

__all__ = ["trained"]
