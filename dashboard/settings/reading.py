"""Makes dataclasses of settings from a TOML file and the environment; errors name the key and its source."""

from __future__ import annotations

import dataclasses
import os
import stat
import tomllib
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, urlsplit

from launchers.options import nearest
from launchers.private_file import exposed

PREFIX = "HUGGINS_"
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class SettingsError(ValueError):
    """A setting that cannot be used; the message says which, where it came from and what is allowed."""


def read_file(file: Path, *, is_own: bool = False) -> dict[str, Any]:
    """Return the tables of a TOML file, or nothing where there is no file.

    Parameters
    ----------
    file : Path
        The file.
    is_own : bool
        Whether it must be this user's (or the administrator's): nobody named it, it only lies here.

    Returns
    -------
    dict
        Section to key to value, not checked.

    Raises
    ------
    SettingsError
        If the file is not TOML in UTF-8, with the line; or it can have been written by another user.
    """
    if not file.is_file():
        return {}
    if is_own:
        _require_own(file)
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from error


def _require_own(file: Path) -> None:
    """Return if no other user can have written the file: it names programs, addresses and the home."""
    found, folder = file.stat(), file.absolute().parent.stat()
    trusted = {0, os.getuid()}
    in_folder = not folder.st_mode & stat.S_IWOTH or folder.st_mode & stat.S_ISVTX  # else it can be replaced
    if found.st_uid not in trusted or found.st_mode & stat.S_IWOTH or not in_folder:
        raise SettingsError(
            f"{file.absolute()} can be written by other users: it is not read. Make it your own, or name it "
            "with --config."
        )


def require_secret(file: Path, given: Mapping[str, Any]) -> None:
    """Return if no other user can read a password or a key in the file.

    Parameters
    ----------
    file
        Of the settings.
    given
        Its content.

    Raises
    ------
    SettingsError
        If the file holds the password of the database, keys of credentials or the secret of a provider, and
        others can read it.
    """
    url = _given(given, "database", "url")
    what = {"database.url holds a password": isinstance(url, str) and _has_password(url)}
    what["credentials.keys holds keys"] = bool(_given(given, "credentials", "keys"))
    providers = given.get("oidc")
    for name, provider in providers.items() if isinstance(providers, dict) else ():
        secret = isinstance(provider, dict) and bool(provider.get("client_secret"))
        what[f"oidc.{name}.client_secret holds a secret"] = secret
    for held in (held for held, there in what.items() if there):
        if why := exposed(file):
            key = held.partition(" ")[0]
            variable = f"{PREFIX}{key.upper().replace('.', '_').replace('-', '_')}"
            raise SettingsError(f"{held}, and {why}; or set {variable} instead of the key")


def _given(given: Mapping[str, Any], section: str, key: str) -> Any:
    table = given.get(section)
    return table.get(key) if isinstance(table, dict) else None


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.password) or "password" in parse_qs(parts.query)


def overlay(given: dict[str, Any], environ: Mapping[str, str], hints: Mapping[str, Any]) -> None:
    """Put the settings of the environment over those of the file.

    Variables of other programs that begin with the prefix and name no section are ignored.

    Parameters
    ----------
    given : dict
        The tables of the file; changed in place.
    environ : Mapping
        Variable to text.
    hints : Mapping
        Section to its dataclass, or to a mapping of names to a dataclass.

    Raises
    ------
    SettingsError
        If a variable names a section, but none of its keys, or its text is no number where one is needed.
    """
    if home := environ.get(f"{PREFIX}HOME"):
        given["home"] = home
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        section, _, key = variable.removeprefix(PREFIX).lower().partition("_")
        hint = hints.get(section)
        if not key or not (dataclasses.is_dataclass(hint) or get_origin(hint) is Mapping):
            continue
        table = given.setdefault(section, {})
        kind = hint if dataclasses.is_dataclass(hint) else get_args(hint)[1]
        if kind is not hint:
            name, key = _named_key(key, kind, table, variable)
            table = table.setdefault(name, {})
        if key not in _keys(kind):
            raise SettingsError(f"{variable}: there is no such setting{nearest(key, _keys(kind))}")
        table[key] = _from_text(get_type_hints(kind)[key], text, variable)


def build(kind: type[Any], given: Mapping[str, Any], where: str = "") -> Any:
    """Make a dataclass of settings from a table.

    Parameters
    ----------
    kind : type
        The dataclass; its fields are texts, numbers, tuples of texts, paths, dataclasses, or mappings of
        names to dataclasses.
    given : Mapping
        Key to value; keys that are left out keep their default.
    where : str
        What stands before a key in messages, such as ``server.``.

    Returns
    -------
    object
        An instance of `kind`.

    Raises
    ------
    SettingsError
        If a key is unknown (with the nearest known one), or a value has the wrong type.
    """
    hints = get_type_hints(kind)
    values = {}
    for key, value in given.items():
        if key not in hints:
            raise SettingsError(f"{where}{key}: there is no such setting{nearest(key, hints)}")
        values[key] = _value(hints[key], value, f"{where}{key}")
    return kind(**values)


def _named_key(rest: str, kind: Any, table: Mapping[str, Any], variable: str) -> tuple[str, str]:
    """Return the name and the key of ``NAME_KEY``, in which both may hold underscores."""
    for key in sorted(_keys(kind), key=len, reverse=True):
        if rest.endswith(f"_{key}"):
            written = rest.removesuffix(f"_{key}")
            known = {name.lower().replace("-", "_"): name for name in table}
            return known.get(written, written.replace("_", "-")), key
    what = {"nodes": "a node", "oidc": "a provider", "quotas": "a role"}[
        variable.removeprefix(PREFIX).lower().partition("_")[0]
    ]
    raise SettingsError(f"{variable}: {what} has no such setting{nearest(rest, _keys(kind))}")


def _from_text(kind: Any, value: str, variable: str) -> Any:
    try:
        if kind is int or kind is float:
            return kind(value)
        if kind is bool:
            return FLAGS[value.strip().lower()]
    except KeyError as error:
        raise SettingsError(f"{variable}: must be true or false, not {value!r}") from error
    except ValueError as error:
        raise SettingsError(f"{variable}: {value!r} is not a number") from error
    if get_args(kind):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _keys(kind: Any) -> list[str]:
    return [entry.name for entry in dataclasses.fields(kind)]


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return build(hint, _table(value, where), f"{where}.")  # type: ignore[arg-type]  # a class, never an instance
    if get_origin(hint) is Mapping:
        kind = get_args(hint)[1]
        return {name: _value(kind, one, f"{where}.{name}") for name, one in _table(value, where).items()}
    if get_args(hint) and not isinstance(hint, types.UnionType):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{where}: must be a list of texts")
        return tuple(value)
    wanted = str if hint is Path else hint
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise SettingsError(f"{where}: must be {_NAMES[wanted]}, not {value!r}")
    return Path(value).expanduser() if hint is Path else value


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: must be a table ([{where}])")
    return value


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def require_public_url(url: str) -> None:
    """Return if the public address is empty, or scheme and host alone.

    Raises
    ------
    SettingsError
        If it is no such address; a path is none that pages, cookies and calls could live under.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"server.public_url: {url!r} is no address ({error})") from error
    if url and (parts.scheme not in {"http", "https"} or not host or parts.username is not None):
        raise SettingsError(
            f"server.public_url: {url!r} must be https:// or http:// and a host, such as "
            "https://spectra.example.org"
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError(
            f"server.public_url: {url!r} has a path; the platform cannot live below one: give it a host name "
            "of its own"
        )
