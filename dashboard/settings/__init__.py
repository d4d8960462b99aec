"""The settings: keys, defaults, and reading them from `huggins.toml` and the environment.

No file is needed. Each key can be set by the environment as ``HUGGINS_SECTION_KEY`` (``HUGGINS_HOME`` for
`home`, and ``HUGGINS_NODES_GPU_CPUS`` for ``[nodes.gpu] cpus``); the environment wins. A key that is not
known is an error that names the nearest one. Every key is documented in ``docs/settings.md`` (a test
compares).

Start reading at `dashboard.settings.settings`; `sections`, `providers` and `nodes` list the keys, `reading`
makes them from a file and the environment. Why this is no `pydantic-settings`:
``docs/decisions/dependencies.md``.
"""

from dashboard.settings.nodes import AUTOMATIC, NodeSettings
from dashboard.settings.providers import ProviderSettings
from dashboard.settings.reading import SettingsError
from dashboard.settings.sections import (
    DatabaseSettings,
    DataSettings,
    JobsSettings,
    ModulesSettings,
    NotificationSettings,
    PeopleSettings,
    QuotaSettings,
    ServerSettings,
    SourceSettings,
)
from dashboard.settings.settings import Settings, sections

__all__ = [
    "AUTOMATIC",
    "DataSettings",
    "DatabaseSettings",
    "JobsSettings",
    "ModulesSettings",
    "NodeSettings",
    "NotificationSettings",
    "PeopleSettings",
    "ProviderSettings",
    "QuotaSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "SourceSettings",
    "sections",
]
