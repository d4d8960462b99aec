"""The variables of paths."""

from __future__ import annotations

from dashboard.web.schemas.fields import Text, Whole
from dashboard.web.schemas.schema import BodySchema

LARGEST = 10**15 - 1


class PathSchema(BodySchema):
    """Every variable that a route has; a route loads its own."""

    is_from_text = True

    module = Text("Name of a module", required=True)
    publication = Text("Id of a publication", required=True)
    version = Text("Version of a published module", required=True)
    namespace = Text("Namespace of a publisher", required=True)
    dataset = Text("Id of a dataset", required=True)
    source = Text("Id of a source", required=True)
    acquisition = Text("Id of an acquisition", required=True)
    job = Text("Id of a job", required=True)
    running_job = Text("Id of a job of anybody", required=True)
    model = Text("Id of a model", required=True)
    label_set = Text("Id of a label set", required=True)
    learning_session = Text("Id of the learning session", required=True)
    label_version = Whole("Number of a version of a label set", least=0, most=LARGEST, required=True)
    queue = Text("Id of a queue of a label set", required=True)
    learning_session = Text("Id of a learning session", required=True)
    deployment = Text("Name of a deployment", required=True)
    prediction = Text("Id of an asynchronous prediction", required=True)
    token = Text("Id of a token", required=True)
    node = Text("Name of a node", required=True)
    person = Text("User id", required=True)
    provider = Text("Name of a provider of accounts", required=True)
    way = Text("Id of a linked provider", required=True)
    project = Text("Name of a project", required=True)
    announcement = Text("Id of an announcement", required=True)
    subject = Text("role, person or project", required=True)
    name = Text("Name of a role, person or project, or of a module in a namespace", required=True)
    path = Text("Path of a file within the dataset or the job's output", required=True)
    guide = Text("Path of a guide, without its ending", required=True)
    picture = Text("Name of a picture", required=True)
    file = Text("Name of a file of configuration", required=True)
    tail = Text("Path below the replica's own API", required=True)
    view = Text("Name of a view of the report", required=True)
    number = Whole(
        "Number of a spectrum, or of a round",
        least=0,
        most=LARGEST,
        required=True,
    )
    round = Whole("Number of a round of a learning session", least=1, most=LARGEST, required=True)
    mark = Whole("Number of a mark of the view", least=0, most=LARGEST, required=True)
    row = Whole("Row of the prepared spectra", least=0, most=LARGEST, required=True)
