"""Address and token of a running platform, and which files may say them.

A folder that came from elsewhere (an archive, a repository, another user's disk) may bring a ``.huggins`` of
its own, whose address would be sent everything. So a home that nobody named is believed only where it is
private, and where a platform of this user holds its lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import click

from dashboard.cli.login import file as login_file

CONNECTION = "connection.json"
LOCK = "platform.lock"
WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
SEEN_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Connection:
    """Address and token of a running platform."""

    address: str
    token: str

    @classmethod
    def find(cls, home: Path | None = None) -> Connection:
        """Return the platform of ``huggins --server``, else of ``connection.json``, else of `huggins login`.

        Parameters
        ----------
        home : Path, optional
            The platform's home; by default that of ``HUGGINS_HOME``, or ``.huggins`` in the working
            directory. Only where nobody named a home, the login is used.

        Raises
        ------
        click.ClickException
            If no platform runs on that home, or the file is not this user's own.
        """
        if home is None and (given := _of_options()) is not None:
            return cls(*given)
        named = home or (Path(text) if (text := os.environ.get("HUGGINS_HOME")) else None)
        folder = named or Path(".huggins")
        try:
            text = _read(folder, implicit=named is None)
            found = json.loads(text)
            return cls(found["address"], found["token"])
        except FileNotFoundError:
            if named is None and (login := cls._logged_in()) is not None:
                return login
            raise click.ClickException(
                f"no platform runs on {folder.absolute()}: start it with `huggins up`, "
                "set HUGGINS_HOME, or log in to another one with `huggins login ADDRESS`"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise click.ClickException(f"{folder / CONNECTION} cannot be read: {error}") from error

    @classmethod
    def _logged_in(cls) -> Connection | None:
        """Return the platform of `huggins login`, or None; its file must be this user's own."""
        path = login_file()
        try:
            _require_own(path, path.lstat(), implicit=True)
            found = json.loads(path.read_text("utf-8"))
            return cls(found["address"], found["token"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise click.ClickException(
                f"{path} cannot be read: {error}. Run `huggins login` again."
            ) from error


def _of_options() -> tuple[str, str] | None:
    """Return the address and the token of the options before the command; None without them."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context is not None else None
    return (found[0].rstrip("/"), found[1]) if isinstance(found, tuple) else None


def _read(folder: Path, *, implicit: bool) -> str:
    """Return the text of the file after its owner and mode were checked on the open file."""
    _require_own(folder / CONNECTION, (folder / CONNECTION).lstat(), implicit=implicit)
    with os.fdopen(os.open(folder / CONNECTION, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
        _require_own(folder / CONNECTION, os.fstat(file.fileno()), implicit=implicit)
        _require_own(folder, folder.stat(), implicit=implicit)
        if implicit:
            _require_own(folder, folder.lstat(), implicit=False)  # a link of another user
            _require_lock(folder)
        return file.read()


def _require_own(path: Path, found: os.stat_result, *, implicit: bool) -> None:
    """Return if a file or folder is this user's, and no other can have written it."""
    if stat.S_ISLNK(found.st_mode):
        if path.name == CONNECTION:
            raise click.ClickException(f"{path} is a link: it is not read. {_ADVICE}")
        open_to = 0
    else:
        open_to = stat.S_IMODE(found.st_mode) & (SEEN_BY_OTHERS if implicit else WRITTEN_BY_OTHERS)
    if found.st_uid != os.getuid():
        raise click.ClickException(f"{path} belongs to another user (uid {found.st_uid}). {_ADVICE}")
    if open_to:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        raise click.ClickException(f"{path} is open to other users (mode {mode}). {_ADVICE}")


def _require_lock(folder: Path) -> None:
    """Return if a process holds the lock of the home: a folder that was copied here has none that does."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise click.ClickException(f"no platform holds {folder.absolute()}. {_ADVICE}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    finally:
        os.close(lock)
    raise click.ClickException(f"no platform holds {folder.absolute()}. {_ADVICE}")


_ADVICE = "Start a platform of your own with `huggins up`, or name its home by HUGGINS_HOME."
