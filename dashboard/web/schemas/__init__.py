"""The named schemas of the OpenAPI document (JSON Schema 2020-12), a file for each family of pages."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.data import DATA
from dashboard.web.schemas.deployments import DEPLOYMENTS
from dashboard.web.schemas.jobs import JOBS
from dashboard.web.schemas.market import MARKET
from dashboard.web.schemas.models import MODELS
from dashboard.web.schemas.nodes import NODES
from dashboard.web.schemas.predictions import PREDICTIONS
from dashboard.web.schemas.settings import SETTINGS

SCHEMAS: dict[str, Any] = {
    **MARKET,
    **JOBS,
    **DATA,
    **MODELS,
    **DEPLOYMENTS,
    **PREDICTIONS,
    **SETTINGS,
    **NODES,
}
