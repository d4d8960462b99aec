"""The platform that this user is logged in to: address and API token, in the user's own configuration."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import click


def file() -> Path:
    """Return where the login is stored: ``huggins/login.json`` in the user's configuration (XDG)."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "huggins" / "login.json"


def checked_address(text: str) -> str:
    """Return the address of a platform without a slash at its end.

    Parameters
    ----------
    text : str
        As typed.

    Raises
    ------
    click.ClickException
        If it is none, or would send the token over a network without TLS.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise click.ClickException(f"{text} is no address such as https://spectra.example.org")
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"} or parts.hostname.endswith(".localhost")
    if parts.scheme == "http" and not is_local:
        raise click.ClickException(
            f"{text} has no TLS: anybody on the way could read the token. Use https://"
        )
    return text.rstrip("/")


def save(address: str, token: str) -> Path:
    """Store a login, readable by its user only, and return the file.

    Parameters
    ----------
    address : str
        Of the platform.
    token : str
        An API token.
    """
    path = file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        json.dump({"schema": 1, "address": address, "token": token}, written)
    new.replace(path)
    return path


def forget() -> bool:
    """Remove the login; return whether there was one."""
    try:
        file().unlink()
    except FileNotFoundError:
        return False
    return True
