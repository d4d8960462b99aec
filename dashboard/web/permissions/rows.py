"""The rows of the matrix. The outcomes of a cell are in the order own, project, foreign, public."""

from __future__ import annotations

from typing import Final

from dashboard.web.permissions.permission import row

OPEN: Final = row("open", "Everybody, signed in or not.", visitor="yes")
SHOWN: Final = row(
    "shown", "What belongs to nobody, such as the market: everybody, visitors included.", visitor="yes"
)
SIGNED_IN: Final = row(
    "signed in", "Everybody who has an account; about the caller alone.", visitor="401", viewer="yes"
)
CREATE: Final = row("create", "Something new of one's own.", visitor="401", viewer="403", user="yes")
PUBLISH: Final = row(
    "publish",
    "A module of one's own namespace.",
    visitor="401",
    viewer="403",
    publisher="yes",
)
PUBLICATION: Final = row(
    "publication",
    "A publication of somebody else: only who started it, and administrators, see it.",
    visitor="401",
    viewer="404",
)
VERSION: Final = row(
    "version",
    "A change of a version, or of a module as a whole, that nobody has published.",
    visitor="401",
    viewer="403",
    publisher="404",
)
VERSIONS: Final = row("versions", "Versions of a module that nobody has published.", visitor="404")
ADMINISTER: Final = row(
    "administer", "Administrators, whatever the object is.", visitor="401", viewer="403", admin="yes"
)
MANAGE: Final = row(
    "manage",
    "Managers and administrators: what everybody has and runs.",
    visitor="401",
    viewer="403",
    manager="yes",
)

LIST: Final = row(
    "list",
    "A list of what the caller may see.",
    visitor="401",
    viewer="listed listed hidden listed",
    admin="listed listed listed listed",
)
PUBLIC_LIST: Final = row(
    "public list",
    "The same; visitors see in it what is public.",
    visitor="– hidden hidden listed",
    viewer="listed listed hidden listed",
    admin="listed listed listed listed",
)
READ: Final = row(
    "read",
    "One object, or something of it.",
    visitor="401",
    viewer="yes yes 404 yes",
    admin="yes yes yes yes",
)
PUBLIC_READ: Final = row(
    "public read",
    "The same; visitors may read what is public.",
    visitor="– 401 401 yes",
    viewer="yes yes 404 yes",
    admin="yes yes yes yes",
)
USE: Final = row(
    "use",
    "Something new of one's own, made from an object that one may read.",
    visitor="401",
    viewer="403",
    user="yes yes 404 yes",
    admin="yes yes yes yes",
)
CHANGE: Final = row(
    "change",
    "Change, abort or delete an object, share it, or read what only its owner reads.",
    visitor="401",
    viewer="403",
    user="yes 403 404 403",
    admin="yes yes yes yes",
)
LABEL: Final = row(
    "label",
    "Label a label set, and make its queues and versions: its owner, and the members of its project.",
    visitor="401",
    viewer="403",
    user="yes yes 404 403",
    admin="yes yes yes yes",
)
CALL: Final = row(
    "call",
    "Call a deployment with the access `users`: everybody who may see it. Access `public`: everybody. "
    "Access `tokens`: its owner, and who has a token of it.",
    visitor="401",
    viewer="yes yes 404 yes",
    admin="yes yes yes yes",
)
OWNERS: Final = row(
    "owners",
    "What only its owner reads of an object that others may see.",
    visitor="401",
    viewer="403 403 404 403",
    user="yes 403 404 403",
    admin="yes yes yes yes",
)
PREDICTION: Final = row(
    "prediction",
    "An asynchronous prediction that another caller requested: for the owner of the deployment.",
    visitor="401",
    viewer="404",
    user="yes 404 404 404",
    admin="yes yes yes yes",
)

PERSONAL: Final = row(
    "personal",
    "A session or API token: its owner's alone, also for administrators.",
    visitor="401",
    viewer="yes – 404 –",
)
PROJECT_LIST: Final = row(
    "project list",
    "The projects of the caller. Of projects, `own` is one that the caller leads, `project` one of others.",
    visitor="401",
    viewer="listed listed hidden –",
    admin="listed listed listed –",
)
PROJECT_READ: Final = row(
    "project", "A project with its members.", visitor="401", viewer="yes yes 404 –", admin="yes yes yes –"
)
PROJECT_CHANGE: Final = row(
    "lead",
    "Members of a project, and its end.",
    visitor="401",
    viewer="yes 403 404 –",
    admin="yes yes yes –",
)
