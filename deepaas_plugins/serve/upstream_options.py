"""Options of ``deepaas-run`` that are not the runtime's own: its configuration files, debugging, its log.

Upstream takes them from oslo.config and oslo.log. What is not taken here is named: an image that asks for it
must not believe that it has it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

SWITCHES = ("warm", "train-endpoint", "predict-endpoint", "doc-endpoint", "debug")
"""Options that are switched by ``--name`` and ``--noname``, in files by true and false."""

VALUES = (
    "listen-ip",
    "listen-port",
    "base-path",
    "client-max-size",
    "model-name",
    "workers",
    "log-file",
    "log-dir",
)

#: Switches of upstream that are off by default, and why they stay so here.
NEVER = {
    "debug-endpoint": "what a module prints is in the server's log",
    "use-syslog": "the log goes to standard error",
    "use-journal": "the log goes to standard error",
    "use-json": "the log is text",
    "watch-log-file": "the log file is opened once",
}

#: Options of upstream with a value, and what stands in their place.
UNSUPPORTED = {
    "log-config-append": "the log goes to standard error, or to --log-file",
    "log-config": "the log goes to standard error, or to --log-file",
    "log-date-format": "times are written as ISO 8601",
    "syslog-log-facility": "the log goes to standard error, or to --log-file",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options, and those that end the program by saying that they are not supported."""
    group = parser.add_argument_group("options of deepaas-run")
    group.add_argument(
        "--config-file", action="append", default=[], metavar="PATH", help="read [DEFAULT] of it"
    )
    group.add_argument(
        "--config-dir", action="append", default=[], metavar="DIR", help="and of its *.conf files"
    )
    group.add_argument("-d", "--debug", dest="debug", action="store_true", default=False, help="log more")
    group.add_argument("--nodebug", dest="debug", action="store_false")
    group.add_argument("--log-file", "--logfile", default="", metavar="PATH", help="write the log to it")
    group.add_argument("--log-dir", "--logdir", default="", metavar="DIR", help="folder of --log-file")
    group.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    for name, reason in NEVER.items():
        group.add_argument(f"--{name}", action=_Unsupported, nargs=0, reason=reason)
        group.add_argument(
            f"--no{name}", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
    for name, reason in UNSUPPORTED.items():
        group.add_argument(f"--{name}", action=_Unsupported, reason=reason)


#: As oslo.config reads them.
_STATES = {
    "true": True,
    "1": True,
    "on": True,
    "yes": True,
    "false": False,
    "0": False,
    "off": False,
    "no": False,
}


class _Version(argparse.Action):
    """Prints the version, which takes a while to find, only where it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - argparse's signature
        values: object,  # noqa: ARG002 - see above
        option_string: str | None = None,  # noqa: ARG002 - see above
    ) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - see the class

        parser.exit(message=f"huggins {version('huggins')}\n")


class _Unsupported(argparse.Action):
    """Ends the program: the option is upstream's, and is not taken here."""

    def __init__(
        self, option_strings: Sequence[str], dest: str, reason: str, nargs: int | None = None
    ) -> None:
        super().__init__(
            option_strings, dest, nargs=nargs, default=argparse.SUPPRESS, help=f"not supported: {reason}"
        )
        self._reason = reason

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - argparse's signature
        values: object,  # noqa: ARG002 - see above
        option_string: str | None = None,
    ) -> None:
        parser.error(f"{option_string} of deepaas-run is not supported here: {self._reason}")


def configured(
    parser: argparse.ArgumentParser, arguments: Sequence[str], environment: Mapping[str, str]
) -> argparse.Namespace:
    """Parse the command line over what configuration files and oslo's environment variables say.

    Parameters
    ----------
    parser
        Knows all options.
    arguments
        The command line: it has precedence over the environment, which has it over the files.
    environment
        ``OS_DEFAULT__NAME`` gives an option, as oslo.config reads it.

    Returns
    -------
    argparse.Namespace
        All options; ends the program with a message where they are wrong.
    """
    found = parser.parse_args(arguments)
    given: list[str] = []
    for path in _files(parser, found.config_file, found.config_dir):
        given += _of_file(parser, path)
    given += _options(
        {name: environment.get(_variable(name)) for name in _known()}, parser, "the environment"
    )
    return parser.parse_args(arguments, namespace=parser.parse_args(given)) if given else found


def _known() -> tuple[str, ...]:
    return (*SWITCHES, *VALUES, *NEVER, *UNSUPPORTED)


def _variable(name: str) -> str:
    return f"OS_DEFAULT__{name.replace('-', '_').upper()}"


def _files(parser: argparse.ArgumentParser, files: Sequence[str], folders: Sequence[str]) -> Iterator[Path]:
    yield from map(Path, files)
    for folder in folders:
        if not Path(folder).is_dir():
            parser.error(f"--config-dir {folder}: there is no such folder")
        yield from sorted(Path(folder).glob("*.conf"))


def _of_file(parser: argparse.ArgumentParser, path: Path) -> list[str]:
    import configparser  # noqa: PLC0415 - a cold start without files need not wait for it

    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        with path.open(encoding="utf-8") as file:
            config.read_file(file)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        parser.error(f"the configuration file {path} cannot be read: {error}")
    values = {name.replace("_", "-"): value for name, value in config.defaults().items()}
    return _options(values, parser, str(path))


def _options(values: Mapping[str, str | None], parser: argparse.ArgumentParser, where: str) -> list[str]:
    """Return values as a command line; keys that are nobody's are passed over, as oslo.config does."""
    given: list[str] = []
    for name, value in values.items():
        if value is None or name not in _known():
            continue
        if name in VALUES or name in UNSUPPORTED:
            given.append(f"--{name}={value}")
            continue
        state = _STATES.get(value.strip().lower())
        if state is None:
            parser.error(f"{where}: {name} is true or false, not {value!r}")
        given.append(f"--{name}" if state else f"--no{name}")
    return given


def open_log(file: str, folder: str) -> None:
    """Lead standard error, which the workers share, into a log file.

    Parameters
    ----------
    file, folder
        ``--log-file`` and ``--log-dir``; no file: nothing is done.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    if not file:
        return
    descriptor = os.open(Path(folder) / file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    os.dup2(descriptor, 2)
    os.close(descriptor)
