"""Codes of an app (TOTP, RFC 6238): six digits that change every 30 s."""

from __future__ import annotations

import hmac

import pyotp
import segno

STEP_S = 30
DIGITS = 6
# An app's clock may be one step off (RFC 6238, section 5.2).
OFFSETS = (0, -1, 1)
SECRET_CHARACTERS = 32  # base32: 160 bits, as RFC 4226, section 4, recommends


def new_secret() -> str:
    """Return a random secret in base32."""
    return pyotp.random_base32(SECRET_CHARACTERS)


def address(secret: str, user: str, platform: str) -> str:
    """Return the ``otpauth:`` address by which an app takes a secret.

    Parameters
    ----------
    secret : str
        In base32.
    user, platform : str
        What the app shows.
    """
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(
        name=user, issuer_name=platform
    )


def qr_code(text: str) -> str:
    """Return a QR code as the ``data:`` address of an SVG: dark on white in either theme, as apps need it."""
    made = segno.make(text, error="m", micro=False)
    return str(made.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def cleaned(code: str) -> str:
    """Return a code as it was typed, without spaces and hyphens, in lower case."""
    return "".join(code.split()).replace("-", "").lower()


def step_of(secret: str, code: str, now: float) -> int | None:
    """Return the time step that a code is of.

    Parameters
    ----------
    secret : str
        In base32.
    code : str
        `cleaned`.
    now : float
        Seconds since 1970.

    Returns
    -------
    int or None
        None: it is wrong, or of another time.
    """
    if not secret or len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    made, step = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S), int(now // STEP_S)
    found = None
    for offset in OFFSETS:
        if hmac.compare_digest(made.generate_otp(step + offset), code):
            found = step + offset
    return found
