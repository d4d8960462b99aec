"""Every table of the platform. Every status value and every kind of event is explained here.

Times are text, ISO 8601 UTC with milliseconds and `Z` (`dashboard.base.clock`), so that they sort and go to
JSON as they are. Files named in a table are relative to `<home>`.

`job`, `dataset`, `labels`, `source`, `learning`, `model`, `publishing`, `people`, `quota`, `sign_in`, `uws`
and `platform` hold the tables, by what they are about; `columns` what they share.
"""

from dashboard.database.tables.columns import ID, OWNER, metadata
from dashboard.database.tables.dataset import cached_files, dataset_files, dataset_spectra, datasets
from dashboard.database.tables.job import artefacts, attempts, events, job_values, job_words, jobs
from dashboard.database.tables.labels import (
    label_events,
    label_queue_rows,
    label_queues,
    label_sets,
    label_versions,
)
from dashboard.database.tables.learning import learning_entries, learning_rounds, learning_sessions
from dashboard.database.tables.model import models, module_descriptions
from dashboard.database.tables.people import api_tokens, audit, project_members, projects, users
from dashboard.database.tables.platform import (
    leases,
    nodes,
    notification_settings,
    outbox,
    platform_facts,
    tokens,
)
from dashboard.database.tables.publishing import (
    module_stars,
    module_versions,
    publications,
    published_modules,
    uncounted_people,
)
from dashboard.database.tables.quota import (
    announcement_dismissals,
    announcements,
    quota_warnings,
    quotas,
    resource_usage,
    restrictions,
)
from dashboard.database.tables.sign_in import (
    provider_accounts,
    recovery_codes,
    second_factors,
    sign_in_flows,
)
from dashboard.database.tables.source import acquisition_records, acquisitions, sources
from dashboard.database.tables.uws import uws_jobs

__all__ = [
    "ID",
    "OWNER",
    "acquisition_records",
    "acquisitions",
    "announcement_dismissals",
    "announcements",
    "api_tokens",
    "artefacts",
    "attempts",
    "audit",
    "cached_files",
    "dataset_files",
    "dataset_spectra",
    "datasets",
    "events",
    "job_values",
    "job_words",
    "jobs",
    "label_events",
    "label_queue_rows",
    "label_queues",
    "label_sets",
    "label_versions",
    "learning_entries",
    "learning_rounds",
    "learning_sessions",
    "leases",
    "metadata",
    "models",
    "module_descriptions",
    "module_stars",
    "module_versions",
    "nodes",
    "notification_settings",
    "outbox",
    "platform_facts",
    "project_members",
    "projects",
    "provider_accounts",
    "publications",
    "published_modules",
    "quota_warnings",
    "quotas",
    "recovery_codes",
    "resource_usage",
    "restrictions",
    "second_factors",
    "sign_in_flows",
    "sources",
    "tokens",
    "uncounted_people",
    "users",
    "uws_jobs",
]
