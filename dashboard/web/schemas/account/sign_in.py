"""Signing in, registering, and choosing a password."""

from __future__ import annotations

from dashboard.web.schemas.fields import Listed, Text, Whole
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, QuerySchema

PASSWORD = "At least 10 characters, in no list of common passwords"  # noqa: S105 a description


class NextQuery(QuerySchema):
    """Where to go after signing in."""

    next = Text("Path and query below the platform's address", load_default="/")


class SignInSchema(BodySchema):
    """A name and a password."""

    name = Text("User id or e-mail address", required=True)
    password = Text(required=True, load_only=True)
    code = Text("Of the second factor; a program may send it at once", load_default="", load_only=True)
    next = Text("Where a browser goes afterwards: a path below the platform's address", load_default="/")


class CodeSchema(BodySchema):
    """The code of a second factor, which ends a sign-in."""

    challenge = Text("From the answer to name and password", required=True, load_only=True)
    code = Text("Six digits of the app, or a recovery code", load_default="", load_only=True)
    next = Text("Where a browser goes afterwards: a path below the platform's address", load_default="/")


class SignedInSchema(AnswerSchema):
    """A new session, whose token is also set as a cookie; or the challenge for a code that is needed."""

    token = Text("For `Authorization: Bearer`")
    seconds = Whole("How long the token or the challenge is valid", required=True)
    challenge = Text("Goes with the code of the second factor to `/second-factor`; without a token")
    secret = Text("For the app, where a second factor has to be set up first")
    recovery_codes = Listed(Text(), "Of a second factor that was set up now")


class OneTimeLinkQuery(QuerySchema):
    """The token of a link."""

    token = Text("From the link", load_default="")


class OneTimeLinkSchema(BodySchema):
    """The token of a link."""

    token = Text("From the link", required=True, load_only=True)


class ChoosePasswordSchema(OneTimeLinkSchema):
    """A new password, by a link."""

    password = Text(PASSWORD, required=True, load_only=True)


class ChangePasswordSchema(BodySchema):
    """A new password of one's own account."""

    old = Text("The present password; not looked at where there is none", load_default="", load_only=True)
    password = Text(PASSWORD, required=True, load_only=True)


class ForgottenPasswordSchema(BodySchema):
    """Who forgot the password."""

    name = Text("User id or e-mail address", load_default="")


class RegisterSchema(BodySchema):
    """Who wants an account."""

    email = Text("Gets a link", load_default="")


class CompleteRegistrationSchema(OneTimeLinkSchema):
    """A new account of a confirmed address."""

    name = Text("User id: 1 to 40 letters a to z, digits, dots, hyphens, underscores", load_default="")
    title = Text("The name that people read", load_default="")
    password = Text(PASSWORD, load_default="", load_only=True)


class SentSchema(AnswerSchema):
    """A letter was sent, if there is somebody to send it to."""

    sent = Text("What to do now", required=True)


class ReturnedQuery(QuerySchema):
    """With what a browser comes back from a provider."""

    code = Text("For the tokens", load_default="")
    state = Text("Of this sign-in", load_default="")
    error = Text("Why the provider signed nobody in", load_default="")
    iss = Text("Issuer (RFC 9207)", load_default="")


class LogoutTokenSchema(BodySchema):
    """What a provider sends when somebody signed out there, as a form."""

    logout_token = Text("Signed by the provider (OpenID Connect Back-Channel Logout 1.0)", required=True)


class ProviderQuery(QuerySchema):
    """By which provider somebody was signed in."""

    provider = Text("Its name", load_default="")


class AddressSchema(AnswerSchema):
    """Where a browser goes next."""

    url = Text("Address of the provider", required=True)
