"""A module as a class, with a response schema and arguments in JSON bodies."""

from deepaas.model.v2 import base
from webargs import fields


class Measured(base.BaseModel):
    """Has a schema of its answers, and breaks it when it is told to."""

    schema = {  # noqa: RUF012 - as upstream's documentation has it
        "value": fields.Float(required=True),
        "words": fields.List(fields.Str()),
    }

    def get_metadata(self):
        return {"name": "measured", "author": "Somebody", "description": "Measures", "license": "MIT"}

    def warm(self):
        pass

    def get_predict_args(self):
        return {
            "value": fields.Float(required=True),
            "words": fields.List(fields.Str(), load_default=list),
            "broken": fields.Bool(load_default=False),
        }

    def predict(self, **kwargs):
        if kwargs["broken"]:
            return {"value": "none"}
        return {"value": 2 * kwargs["value"], "words": kwargs["words"]}

    def get_train_args(self):
        return {}

    def train(self, **kwargs):
        raise NotImplementedError


plugin = Measured()
