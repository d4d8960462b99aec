"""One's own profile, and the second factor."""

from __future__ import annotations

from dashboard.web.schemas.fields import Listed, Text
from dashboard.web.schemas.schema import AnswerSchema, BodySchema


class ProfileSchema(BodySchema):
    """One's own account."""

    title = Text("The name that people read", required=True)


class EmailChangeSchema(BodySchema):
    """A new e-mail address of one's own."""

    email = Text("Counts when it is confirmed; empty: none", load_default="")
    password = Text("The present one; not looked at where there is none", load_default="", load_only=True)


class PresentPasswordSchema(BodySchema):
    """The present password."""

    password = Text("Not looked at where there is none", load_default="", load_only=True)


class PresentCodeSchema(BodySchema):
    """A code of the second factor."""

    code = Text("Six digits of the app, or a recovery code", load_default="", load_only=True)


class FactorBegunSchema(AnswerSchema):
    """The secret of a second factor, for the app."""

    secret = Text("In base32", required=True)
    address = Text("The secret as an address for apps", required=True)
    qr = Text("The address as a QR code: the data: address of an image", required=True)


class RecoveryCodesSchema(AnswerSchema):
    """Recovery codes, each good once in place of a code of the app; shown once."""

    recovery_codes = Listed(Text(), required=True)
