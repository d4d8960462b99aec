"""Questions to a deployment and its answers."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import ANY_OBJECT, BOOLEAN, INTEGER, NUMBER, TEXT, TIME, listed, maybe, thing

RESULT = thing(
    "What the model says of one spectrum",
    {
        "name": TEXT,
        "label": TEXT,
        "probabilities": {"type": "object", "additionalProperties": NUMBER},
        "calibrated": BOOLEAN,
    },
)
ANSWERS = thing(
    "Answers and refusals", {"results": listed(RESULT), "rejected": listed(ANY_OBJECT), "model": ANY_OBJECT}
)

PREDICTIONS: dict[str, Any] = {
    "Question": thing("One or many spectra", {"data": {"type": "string", "format": "binary"}}, ("data",)),
    "AsynchronousPrediction": thing(
        "A prediction that nobody waits for",
        {
            "id": TEXT,
            "deployment": TEXT,
            "state": {"enum": ["queued", "running", "completed", "error", "cancelled"]},
            "reason": TEXT,
            "caller": TEXT,
            "gateway": TEXT,
            "version": maybe(INTEGER),
            "spectra": maybe(INTEGER),
            "size": INTEGER,
            "answer_size": maybe(INTEGER),
            "content_type": maybe(TEXT),
            "created": TIME,
            "started": maybe(TIME),
            "ended": maybe(TIME),
            "expires": maybe(TIME),
            "address": TEXT,
            "result": maybe(TEXT),
        },
        ("id", "deployment", "state", "reason", "created", "address", "result"),
    ),
    "Prediction": thing("DEEPaaS' answer", {"status": TEXT, "predictions": ANSWERS}, ("predictions",)),
    "WrongArguments": {
        "type": "object",
        "description": "DEEPaaS' answer to wrong arguments: messages by their names",
        "additionalProperties": True,
    },
}
