"""The settings: keys, defaults, and reading them from `huggins.toml` and the environment.

No file is needed. Each key can be set by the environment as ``HUGGINS_SECTION_KEY`` (``HUGGINS_HOME`` for
`home`, and ``HUGGINS_NODES_GPU_CPUS`` for ``[nodes.gpu] cpus``); the environment wins. A key that is not
known is an error that names the nearest one. Every key is documented in ``docs/settings.md`` (a test
compares).
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

from dashboard.base.bundled import bundled
from deploy.deferred.record import PredictionLimits
from launchers.docker.options import DockerOptions
from launchers.options import BASIC, GpuOptions, nearest, option
from launchers.registry import KINDS, REAL
from launchers.slurm.options import SlurmOptions
from launchers.udocker.options import UdockerOptions

PREFIX = "HUGGINS_"
AUTOMATIC = "auto"
SECURITIES = ("starttls", "tls", "none")


class SettingsError(ValueError):
    """A setting that cannot be used; the message says which, where it came from and what is allowed."""


@dataclass(frozen=True)
class ServerSettings:
    """``[server]``: where the web application listens, and for how long tokens are good."""

    host: str = "127.0.0.1"
    port: int = 8470
    public_url: str = ""
    link_minutes: int = 60
    session_days: int = 30

    @property
    def address(self) -> str:
        """Where people reach it."""
        return self.public_url or f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class DatabaseSettings:
    """``[database]``: empty `url` is SQLite inside `home`."""

    url: str = ""


@dataclass(frozen=True)
class ModulesSettings:
    """``[modules]``: where the catalog lies, and how a module's image is called."""

    folder: str = ""
    image: str = "huggins/{name}:{version}"
    describe_timeout_s: float = 120.0


@dataclass(frozen=True)
class JobsSettings:
    """``[jobs]``: what a job gets when nothing is said, and how patiently it is watched."""

    cpus: float = 1.0
    memory_mb: int = 2048
    walltime_s: int = 86_400
    poll_seconds: float = 0.5
    missing_grace_s: float = 15.0
    stop_grace_s: float = 10.0
    heartbeat_grace_s: float = 60.0
    running_per_user: int = 0
    queued_per_user: int = 0
    orphan_grace_s: float = 60.0
    lease_s: float = 15.0
    checkpoint_s: float = 30.0


@dataclass(frozen=True)
class DataSettings:
    """``[data]``: the most that one upload may hold."""

    file_limit_mb: int = 20_000
    dataset_limit_mb: int = 200_000


@dataclass(frozen=True)
class NotificationSettings:
    """``[notifications]``: how messages leave the platform; no `smtp_host`: no e-mail.

    `webhook_networks` are those, beside the public internet, into which a person's webhook may point.
    """

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password_file: str = ""
    sender: str = ""
    attach_kb: int = 2000
    timeout_s: float = 20.0
    retry_s: float = 30.0
    attempts: int = 8
    webhook_networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeKind:
    """What starts containers on a node; the first key, so that it may be given without its name."""

    kind: str = option(
        AUTOMATIC,
        "Kind",
        "The launcher that starts jobs there.",
        "`docker`, `udocker` or `process`; `auto`: the first of these that works; or `slurm`: a cluster "
        "([hpc.md](hpc.md))",
        group=BASIC,
        choices=REAL,
    )


@dataclass(frozen=True)
class NodeLimits:
    """What jobs may use of a node, and how often it is probed."""

    cpus: float = option(
        0.0,
        "CPUs",
        "That jobs may hold; 0: all it has.",
        "Processors that jobs may hold; 0: all that the node has",
        group=BASIC,
    )
    memory_mb: int = option(
        0,
        "Memory",
        "That jobs may hold; 0: all it has.",
        "Memory in MB that jobs may hold; 0: all that the node has",
        unit="MB",
        group=BASIC,
    )
    slots: int = option(
        0,
        "Jobs at once",
        "0: as many as there is room for.",
        "The most jobs at once; 0: as many as there is room for",
        group=BASIC,
    )
    labels: tuple[str, ...] = option(
        (),
        "Labels",
        "Words that a job can ask for, such as gpu.",
        'Words that people and jobs ask for: `["gpu", "basement"]`',
        group=BASIC,
    )
    job_cpus: float = option(
        0.0,
        "CPUs of one job",
        "The most; 0: no limit.",
        "The most processors that one job may ask for; 0: no limit",
    )
    job_memory_mb: int = option(
        0,
        "Memory of one job",
        "The most; 0: no limit.",
        "The most memory in MB that one job may ask for; 0: no limit",
        unit="MB",
    )
    job_walltime_s: int = option(
        0,
        "Time of one job",
        "The most; 0: no limit.",
        "The most seconds that one job may ask for; 0: no limit",
        unit="s",
    )
    probe_seconds: float = option(
        15.0, "Probe interval", "", "Seconds between two probes of the node", unit="s", group=None
    )
    timeout_seconds: float = option(
        60.0,
        "Timeout",
        "",
        "Seconds after which a node that does not answer counts as down",
        unit="s",
        group=None,
    )


@dataclass(frozen=True)
class NodeSettings(NodeLimits, SlurmOptions, UdockerOptions, DockerOptions, GpuOptions, NodeKind):
    """``[nodes.NAME]``: a machine or cluster where containers run.

    The keys are those of the kinds of launchers (`launchers.registry.KINDS`) and the platform's own limits;
    each is described by its `launchers.options.Option`.
    """

    @property
    def options(self) -> dict[str, object]:
        """What is set of the launcher's options, by key.

        A key of another kind is among them, so that the launcher rejects it; ``gpus``, which every node may
        have, only where the kind has it too.
        """
        kind = KINDS.get(self.kind)
        known = {entry.name for entry in dataclasses.fields(kind.options)} if kind else set()
        others = {entry.name for one in KINDS.values() for entry in dataclasses.fields(one.options)}
        wanted = others - ({"gpus"} - known)
        return {
            entry.name: value
            for entry in dataclasses.fields(self)
            if entry.name in wanted and (value := getattr(self, entry.name))
        }

    @property
    def launched(self) -> tuple[object, ...]:
        """What its launcher was made from: another one is needed when this changes."""
        return (self.kind, self.gpus, self.timeout_seconds, tuple(self.options.items()))


@dataclass(frozen=True)
class Settings:
    """Everything that can be set."""

    home: Path = Path(".huggins")
    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    modules: ModulesSettings = field(default_factory=ModulesSettings)
    jobs: JobsSettings = field(default_factory=JobsSettings)
    data: DataSettings = field(default_factory=DataSettings)
    predictions: PredictionLimits = field(default_factory=PredictionLimits)
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    nodes: Mapping[str, NodeSettings] = field(default_factory=lambda: {"local": NodeSettings()})

    def __post_init__(self) -> None:
        object.__setattr__(self, "home", Path(self.home).absolute())
        if self.notifications.smtp_security not in SECURITIES:
            raise SettingsError(
                f"notifications.smtp_security: {self.notifications.smtp_security!r} is none of "
                f"{', '.join(SECURITIES)}"
            )
        for name, node in self.nodes.items():
            if node.kind != AUTOMATIC and node.kind not in KINDS:
                raise SettingsError(
                    f"nodes.{name}.kind: {node.kind!r} is none of {', '.join([AUTOMATIC, *KINDS])}"
                )

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database.url or f"sqlite:///{self.home / 'huggins.sqlite'}"

    @property
    def catalog_folder(self) -> Path:
        """The folder of modules: as set, else the platform's own, or ``modules`` in the working directory."""
        if self.modules.folder:
            return Path(self.modules.folder).absolute()
        beside = bundled("modules")
        return beside if beside.is_dir() else Path("modules").absolute()

    @classmethod
    def load(cls, file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Parameters
        ----------
        file : Path, optional
            The file; by default ``huggins.toml`` in the working directory, where there is one.
        environ : Mapping, optional
            Replaces the process' environment.

        Raises
        ------
        SettingsError
            If the file is no TOML, a key is unknown, or a value has the wrong type.
        """
        given: dict[str, Any] = {}
        file = file or Path("huggins.toml")
        if file.is_file():
            try:
                given = tomllib.loads(file.read_text("utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise SettingsError(f"{file}: {error}") from error
        _lay_over(given, os.environ if environ is None else environ)
        settings: Settings = _build(cls, given, "")
        return settings


def sections() -> dict[str, Any]:
    """Return each section's name (``nodes.NAME`` for nodes) and the class that lists its keys."""
    hints = get_type_hints(Settings)
    return {name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint)} | {
        "nodes.NAME": NodeSettings
    }


def _lay_over(given: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Put the environment's settings over the file's."""
    if home := environ.get(f"{PREFIX}HOME"):
        given["home"] = home
    for variable, value in environ.items():
        path = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX):
            continue
        for section, kind in sections().items():
            top = section.partition(".")[0]
            if not path.startswith(f"{top}_"):
                continue
            rest = path.removeprefix(f"{top}_")
            table = given.setdefault(top, {})
            if kind is NodeSettings:
                name, rest = _node_key(rest, table, variable)
                table = table.setdefault(name, {})
            if rest not in _keys(kind):
                raise SettingsError(f"{variable}: there is no such setting{nearest(rest, _keys(kind))}")
            table[rest] = _from_text(get_type_hints(kind)[rest], value, variable)


def _node_key(rest: str, table: Mapping[str, Any], variable: str) -> tuple[str, str]:
    for key in sorted(_keys(NodeSettings), key=len, reverse=True):
        if rest.endswith(f"_{key}"):
            written = rest.removesuffix(f"_{key}")
            known = {name.lower().replace("-", "_"): name for name in table}
            return known.get(written, written.replace("_", "-")), key
    raise SettingsError(f"{variable}: a node has no such setting{nearest(rest, _keys(NodeSettings))}")


def _from_text(kind: Any, value: str, variable: str) -> Any:
    try:
        if kind is int or kind is float:
            return kind(value)
    except ValueError as error:
        raise SettingsError(f"{variable}: {value!r} is not a number") from error
    if get_args(kind):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _keys(kind: type) -> list[str]:
    return [entry.name for entry in dataclasses.fields(kind)]


def _build(kind: type[Any], given: Mapping[str, Any], where: str) -> Any:
    """Make a settings class from a table of the file."""
    hints = get_type_hints(kind)
    values = {}
    for key, value in given.items():
        if key not in hints:
            raise SettingsError(f"{where}{key}: there is no such setting{nearest(key, hints)}")
        values[key] = _value(hints[key], value, f"{where}{key}")
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(hint, _table(value, where), f"{where}.")  # type: ignore[arg-type]  # a class, never an instance
    if getattr(hint, "__origin__", None) is not None and hint.__origin__ is not tuple:
        return {
            name: _value(NodeSettings, node, f"{where}.{name}") for name, node in _table(value, where).items()
        }
    if get_args(hint) and not isinstance(hint, types.UnionType):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{where}: must be a list of texts")
        return tuple(value)
    wanted = str if hint is Path else hint
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise SettingsError(f"{where}: must be {_NAMES[wanted]}, not {value!r}")
    return Path(value).expanduser() if hint is Path else value


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: must be a table ([{where}])")
    return value


_NAMES = {str: "a text", int: "a whole number", float: "a number"}
