"""Why a prediction that nobody waits for cannot be taken, found or given."""

from __future__ import annotations

from deploy.access.authorization import CallDenied


class PredictionProblem(CallDenied):
    """It cannot be taken on, found, or its result given; told as the gate tells its refusals."""
