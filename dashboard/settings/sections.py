"""The sections of the settings that are not about nodes: keys and defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

SECURITIES = ("starttls", "tls", "none")
#: Who gets an account: nobody but those whom an administrator invites; also those whom a provider vouches for
#: (`ProviderSettings.roles`); everybody with an e-mail address.
REGISTRATIONS = ("closed", "invited", "open")


@dataclass(frozen=True)
class ServerSettings:
    """``[server]``: where the web application listens, how long tokens are valid, and limits of strangers.

    `trusted_proxies` are networks of proxies whose ``X-Forwarded-…`` are believed; `anonymous_rate` is in
    requests a minute of one address without a token. Pages of `allowed_origins` may call deployments, as
    somebody who is not signed in; ``*``: all. `hsts_days` is for how long browsers are to use TLS alone.
    """

    host: str = "127.0.0.1"
    port: int = 8470
    public_url: str = ""
    link_minutes: int = 60
    session_days: int = 30
    trusted_proxies: tuple[str, ...] = ()
    anonymous_rate: int = 0
    connections_per_address: int = 1000
    allowed_origins: tuple[str, ...] = ("*",)
    hsts_days: int = 180

    @property
    def address(self) -> str:
        """The address of the web application."""
        return self.public_url or f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class PeopleSettings:
    """``[people]``: the public face, who gets an account, and the audit log (0 days: it is kept for ever).

    With `visitors`, a platform that has accounts shows the market and what is public to everybody.
    `email_domains` limit open registration; empty: any. Who has a role of `second_factor` signs in by
    password only with a second factor.
    """

    visitors: bool = True
    audit_days: int = 365
    registration: str = "invited"
    registered_role: str = "user"
    email_domains: tuple[str, ...] = ()
    second_factor: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatabaseSettings:
    """``[database]``: empty `url` is SQLite inside `home`."""

    url: str = ""


@dataclass(frozen=True)
class CredentialSettings:
    """``[credentials]``: the keys that encrypt credentials in the database.

    Empty `key_file`: ``credentials.key`` in the home. `keys`, the newest first, replace the file.
    """

    key_file: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoggingSettings:
    """``[logging]``: the form of log records, ``text`` or ``json``, and the least that is written."""

    format: str = "text"
    level: str = ""


@dataclass(frozen=True)
class ModulesSettings:
    """``[modules]``: the folder of the catalog, how images are called, and how modules are published.

    With `review`, a new version waits until a manager or administrator releases it; with `require_signed`,
    published versions whose signature is not this platform's are not started. Repositories of publishers may
    also lie in `source_networks`, beside the public internet. `catalogs` of other platforms are followed:
    ``NAME=ADDRESS#KEY``.
    """

    folder: str = ""
    image: str = "huggins/{name}:{version}"
    describe_timeout_s: float = 120.0
    registry: str = ""
    build_network: str = ""
    review: bool = False
    require_signed: bool = False
    source_networks: tuple[str, ...] = ()
    catalogs: tuple[str, ...] = ()
    catalogs_every_s: float = 3600.0


@dataclass(frozen=True)
class JobsSettings:
    """``[jobs]``: default resources of a job, and the intervals and timeouts of supervision."""

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
    """``[data]``: the limits of an upload."""

    file_limit_mb: int = 20_000
    dataset_limit_mb: int = 200_000


@dataclass(frozen=True)
class SourceSettings:
    """``[sources]``: how spectra are fetched from archives and other servers.

    `networks` are those, beside the public internet, from which spectra may be fetched. A transfer ends after
    `silence_s` without a byte, or where it is slower than `least_rate` bytes a second.
    `cache_mb` is the most that files of reference datasets may take together.
    """

    networks: tuple[str, ...] = ()
    per_host: int = 8
    parallel: int = 16
    at_once: int = 2
    attempts: int = 4
    retry_s: float = 2.0
    silence_s: float = 60.0
    least_rate: int = 1000
    records: int = 1_000_000
    list_mb: int = 2000
    nightly_hour: int = 2
    cache_mb: int = 50_000


NOT_SET = -1.0


@dataclass(frozen=True)
class QuotaSettings:
    """``[quotas.ROLE]``: what each person of a role may have; -1: as the role below has it; inf: no limit.

    Sizes are in MB (10**6 bytes), hours are those of a calendar month (UTC), memory-hours in GB x h.
    """

    disk_mb: float = NOT_SET
    upload_mb: float = NOT_SET
    datasets: float = NOT_SET
    queued_jobs: float = NOT_SET
    running_jobs: float = NOT_SET
    cpu_hours: float = NOT_SET
    gpu_hours: float = NOT_SET
    memory_gb_hours: float = NOT_SET
    deployments: float = NOT_SET
    replicas: float = NOT_SET

    def limits(self) -> dict[str, float]:
        """Return the limits that are set, by name."""
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {name: amount for name, amount in given.items() if amount != NOT_SET}

    def wrong(self) -> str:
        """Return which key cannot be used; empty: all can."""
        return next((name for name, amount in self.limits().items() if math.isnan(amount) or amount < 0), "")


@dataclass(frozen=True)
class NotificationSettings:
    """``[notifications]``: delivery of notifications; no `smtp_host`: no e-mail.

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
class VoSettings:
    """``[vo]``: what programs of the Virtual Observatory may do.

    With `anonymous`, callers without a token use UWS and the services of spectra as one common user, who owns
    what they make. Jobs made through UWS are deleted after `keep_days` (0: never) unless their clients say
    otherwise. A request that waits for a job (``WAIT``) is answered after `wait_s` at the latest. `authority`
    begins the identifiers of spectra.
    """

    authority: str = "huggins"
    anonymous: bool = False
    keep_days: int = 0
    wait_s: int = 60
