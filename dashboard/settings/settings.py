"""All settings, their defaults across sections, and loading them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from dashboard.base.bundled import bundled
from dashboard.settings.nodes import AUTOMATIC, NodeSettings
from dashboard.settings.providers import ROLES, ProviderSettings, mistakes
from dashboard.settings.reading import (
    SettingsError,
    build,
    overlay,
    read_file,
    require_public_url,
    require_secret,
)
from dashboard.settings.sections import (
    REGISTRATIONS,
    SECURITIES,
    CredentialSettings,
    DatabaseSettings,
    DataSettings,
    JobsSettings,
    LoggingSettings,
    ModulesSettings,
    NotificationSettings,
    PeopleSettings,
    QuotaSettings,
    ServerSettings,
    SourceSettings,
    VoSettings,
)
from dashboard.settings.subscription import Subscription
from deploy.access.address import CallerAddresses
from deploy.deferred.record import PredictionLimits
from deploy.gateway.cross_origin import check_origin
from launchers.private_file import exposed
from launchers.registry import KINDS

LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class Settings:
    """All settings of the platform."""

    home: Path = Path(".huggins")
    server: ServerSettings = field(default_factory=ServerSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    credentials: CredentialSettings = field(default_factory=CredentialSettings)
    modules: ModulesSettings = field(default_factory=ModulesSettings)
    jobs: JobsSettings = field(default_factory=JobsSettings)
    data: DataSettings = field(default_factory=DataSettings)
    sources: SourceSettings = field(default_factory=SourceSettings)
    predictions: PredictionLimits = field(default_factory=PredictionLimits)
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    vo: VoSettings = field(default_factory=VoSettings)
    oidc: Mapping[str, ProviderSettings] = field(default_factory=dict)
    quotas: Mapping[str, QuotaSettings] = field(default_factory=dict)
    nodes: Mapping[str, NodeSettings] = field(default_factory=lambda: {"local": NodeSettings()})

    def __post_init__(self) -> None:
        object.__setattr__(self, "home", Path(self.home).absolute())
        if self.notifications.smtp_security not in SECURITIES:
            raise SettingsError(
                f"notifications.smtp_security: {self.notifications.smtp_security!r} is none of "
                f"{', '.join(SECURITIES)}"
            )
        if (named := self.notifications.smtp_password_file) and (why := exposed(named)):
            raise SettingsError(f"notifications.smtp_password_file: {why}")
        require_public_url(self.server.public_url)
        _require_logging(self.logging)
        self._require_people()
        try:
            CallerAddresses(self.server.trusted_proxies)
        except ValueError as error:
            raise SettingsError(f"server.trusted_proxies: {error}") from error
        for origin in self.server.allowed_origins:
            try:
                check_origin(origin)
            except ValueError as error:
                raise SettingsError(f"server.allowed_origins: {error}") from error
        _require_catalogs(self.modules.catalogs)
        _require_quotas(self.quotas)
        for name, node in self.nodes.items():
            if node.least_role not in {"", *ROLES}:
                raise SettingsError(
                    f"nodes.{name}.least_role: {node.least_role!r} is none of {', '.join(ROLES)}"
                )
            if node.kind != AUTOMATIC and node.kind not in KINDS:
                raise SettingsError(
                    f"nodes.{name}.kind: {node.kind!r} is none of {', '.join([AUTOMATIC, *KINDS])}"
                )

    def _require_people(self) -> None:
        people = self.people
        roles = {"registered_role": (people.registered_role,), "second_factor": people.second_factor}
        allowed = {
            "registered_role": ROLES[:-1],
            "second_factor": ROLES,
        }  # nobody makes himself administrator
        for key, given in roles.items():
            if unknown := [role for role in given if role not in allowed[key]]:
                raise SettingsError(f"people.{key}: {unknown[0]!r} is none of {', '.join(allowed[key])}")
        if people.registration not in REGISTRATIONS:
            raise SettingsError(
                f"people.registration: {people.registration!r} is none of {', '.join(REGISTRATIONS)}"
            )
        if wrong := next(mistakes(self.oidc), ""):
            raise SettingsError(wrong)

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database.url or f"sqlite:///{self.home / 'huggins.sqlite'}"

    @property
    def credentials_file(self) -> Path:
        """The file of the keys that encrypt stored credentials."""
        return Path(self.credentials.key_file or self.home / "credentials.key").expanduser().absolute()

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
            If the file is no TOML, a key is unknown, a value has the wrong type, or the file of the working
            directory can have been written by another user, or other users can read a password in it.
        """
        given = read_file(file) if file else read_file(Path("huggins.toml"), is_own=True)
        require_secret(file or Path("huggins.toml"), given)
        overlay(given, os.environ if environ is None else environ, get_type_hints(cls))
        settings: Settings = build(cls, given)
        return settings


def _require_logging(logging: LoggingSettings) -> None:
    for key, given, allowed in (
        ("format", logging.format, LOG_FORMATS),
        ("level", logging.level or "info", LOG_LEVELS),
    ):
        if given not in allowed:
            raise SettingsError(f"logging.{key}: {given!r} is none of {', '.join(allowed)}")


def _require_catalogs(catalogs: tuple[str, ...]) -> None:
    for text in catalogs:
        try:
            Subscription.parse(text)
        except ValueError as error:
            raise SettingsError(f"modules.catalogs: {error}") from error


def _require_quotas(quotas: Mapping[str, QuotaSettings]) -> None:
    for role, limits in quotas.items():
        if role not in ROLES:
            raise SettingsError(f"quotas.{role}: there is no such role; there are {', '.join(ROLES)}")
        if wrong := limits.wrong():
            raise SettingsError(f"quotas.{role}.{wrong}: must be 0 or more, or inf for no limit")


def sections() -> dict[str, Any]:
    """Return each section's name (such as ``nodes.NAME``) and the class that lists its keys."""
    hints = get_type_hints(Settings)
    return {name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint)} | {
        "oidc.NAME": ProviderSettings,
        "quotas.ROLE": QuotaSettings,
        "nodes.NAME": NodeSettings,
    }
