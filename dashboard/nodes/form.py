"""What a node made on the page may be: the form's fields, and what is wrong with what was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dashboard.base.errors import FieldError, Invalid
from dashboard.modules.validation import validate_parameters
from dashboard.settings import NodeSettings

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LABEL = re.compile(r"[a-z0-9][a-z0-9._=-]{0,39}")
RESERVED = frozenset({"any", "new", "test"})
KINDS = ("process", "docker", "udocker", "slurm")
FILES = ("ssh_key", "known_hosts", "tls_ca", "tls_cert", "tls_key")
#: Of which kinds a key means something; what is not named here every kind has.
OF_KINDS: Mapping[str, tuple[str, ...]] = {
    "url": ("docker", "udocker", "slurm"),
    "partition": ("slurm",),
    "account": ("slurm",),
    "qos": ("slurm",),
    "shared": ("slurm",),
    "folder": ("udocker", "slurm"),
    "python": ("udocker", "slurm"),
    "udocker_tarball": ("udocker", "slurm"),
    "runtime": ("slurm",),
    "ssh_key": ("docker", "udocker", "slurm"),
    "known_hosts": ("docker", "udocker", "slurm"),
    "tls_ca": ("docker",),
    "tls_cert": ("docker",),
    "tls_key": ("docker",),
}
SCHEMES: Mapping[str, tuple[str, ...]] = {
    "docker": ("ssh", "tcp", "unix"),
    "udocker": ("ssh",),
    "slurm": ("ssh",),
}


def _field(name: str, title: str, kind: str, help_: str, group: str = "basic", **more: Any) -> dict[str, Any]:
    default = {"integer": 0, "number": 0.0, "array": []}.get(kind, "")
    limits = {"minimum": 0} if kind in {"integer", "number"} else {}
    described = {"name": name, "title": title, "type": kind, "help": help_, "group": group, "unit": ""}
    return {**described, "default": default, "required": False, "nullable": False, **limits, **more}


_MORE = "advanced"
#: As parameters are described (contracts.md, section 5).
FIELDS: Sequence[Mapping[str, Any]] = (
    _field("kind", "Kind", "string", "What starts the jobs there.", choices=list(KINDS), default="docker"),
    _field("url", "Address", "string", "Empty: this machine. ssh://user@host, or tcp://host:2376 (TLS)."),
    _field("labels", "Labels", "array", "Words that a job can ask for, such as gpu.", items="string"),
    _field("cpus", "CPUs", "number", "That jobs may hold; 0: all it has."),
    _field("memory_mb", "Memory", "integer", "That jobs may hold; 0: all it has.", unit="MB"),
    _field("gpus", "GPUs", "integer", "That jobs may hold; 0: as many as it says it has."),
    _field("slots", "Jobs at once", "integer", "0: as many as there is room for."),
    _field("job_cpus", "CPUs of one job", "number", "The most; 0: no limit.", _MORE),
    _field("job_memory_mb", "Memory of one job", "integer", "The most; 0: no limit.", _MORE, unit="MB"),
    _field("job_walltime_s", "Time of one job", "integer", "The most; 0: no limit.", _MORE, unit="s"),
    _field("partition", "Partition", "string", "Slurm; empty: the cluster's own choice.", _MORE),
    _field("account", "Account", "string", "Slurm: who is charged.", _MORE),
    _field("qos", "Quality of service", "string", "Slurm.", _MORE),
    _field("folder", "Data path", "string", "Our folder there; empty: ~/huggins.", _MORE),
    _field(
        "shared", "Shared folders", "array", "Slurm: seen there under the same path.", _MORE, items="string"
    ),
    _field("python", "Python", "string", "3.11 or newer, there; empty: python3.", _MORE),
    _field("udocker_tarball", "udocker's engine", "string", "Archive there; empty: from the web.", _MORE),
    _field("runtime", "Runs images by", "string", "Slurm: udocker (empty) or apptainer.", _MORE),
    _field("ssh_key", "SSH key", "string", "File on the platform's machine, never its content.", _MORE),
    _field("known_hosts", "Known hosts", "string", "File; empty: ~/.ssh/known_hosts.", _MORE),
    _field("tls_ca", "TLS authority", "string", "File of its certificate (tcp://).", _MORE),
    _field("tls_cert", "TLS certificate", "string", "File of ours.", _MORE),
    _field("tls_key", "TLS key", "string", "File of ours, never its content.", _MORE),
)
SHOWN = frozenset(field["name"] for field in FIELDS)


def values_of(settings: NodeSettings) -> dict[str, Any]:
    """Return what the form shows of a node."""
    kept = asdict(settings)
    return {name: list(kept[name]) if isinstance(kept[name], tuple) else kept[name] for name in SHOWN}


def require_name(name: object, taken: Sequence[str]) -> str:
    """Return a new node's name; `Invalid`."""
    message = ""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        message = "Lower-case letters, digits and hyphens, at most 40, beginning with a letter or digit."
    elif name in RESERVED:
        message = f"{name} means something else; choose another name."
    elif name in taken:
        message = f"There is a node {name} already."
    if message:
        raise Invalid(f"name: {message}", [FieldError("name", message)])
    return str(name)


def settings_of(body: Mapping[str, Any]) -> NodeSettings:
    """Return the settings that a form asks for.

    Raises
    ------
    Invalid
        With everything that is wrong, by field.
    """
    given = {name: value for name, value in body.items() if name != "name" and value is not None}
    values, wrong = validate_parameters(list(FIELDS), given, "node")
    errors = [FieldError(error.field.removeprefix("node."), error.message) for error in wrong]
    if not errors:
        errors = [
            *_of_another_kind(values),
            *_address_errors(values),
            *_word_errors(values),
            *_file_errors(values),
        ]
    if errors:
        raise Invalid("This cannot be a node.", errors)
    lists = {name: tuple(values[name]) for name in ("labels", "shared")}
    known = {field.name for field in fields(NodeSettings)}
    return NodeSettings(**{name: value for name, value in values.items() if name in known} | lists)


def _of_another_kind(values: Mapping[str, Any]) -> list[FieldError]:
    kind = values["kind"]
    return [
        FieldError(name, f"Only for {' and '.join(kinds)}; this node is {kind}.")
        for name, kinds in OF_KINDS.items()
        if values[name] and kind not in kinds
    ]


def _address_errors(values: Mapping[str, Any]) -> list[FieldError]:
    url, kind = values["url"], values["kind"]
    if not url or kind not in SCHEMES:
        return []
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return [FieldError("url", f"This is no address: {error}.")]
    wrong = ""
    if parts.scheme not in SCHEMES[kind]:
        wrong = f"Must begin with {' or '.join(f'{one}://' for one in SCHEMES[kind])}."
    elif parts.scheme != "unix" and not parts.hostname:
        wrong = "Names no host."
    elif parts.password is not None:
        wrong = "Holds a password: name a key file instead."
    if wrong:
        return [FieldError("url", wrong)]
    missing = [name for name in ("tls_ca", "tls_cert", "tls_key") if not values[name]]
    if parts.scheme == "tcp" and missing:
        why = "Needed for tcp://: without TLS whoever reaches the engine owns its host."
        return [FieldError(missing[0], why)]
    return []


def _word_errors(values: Mapping[str, Any]) -> list[FieldError]:
    wrong = [label for label in values["labels"] if not LABEL.fullmatch(str(label))]
    errors = [FieldError("labels", f"{wrong[0]!r}: small letters, digits and . _ = - only.")] if wrong else []
    relative = [path for path in values["shared"] if not str(path).startswith("/")]
    if relative:
        errors.append(FieldError("shared", f"{relative[0]!r} must be a whole path, beginning with /."))
    return errors


def _file_errors(values: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    for name in FILES:
        text = values[name]
        if not text:
            continue
        if "\n" in text or text.startswith("-----"):
            errors.append(FieldError(name, "This is the content of a key: give the path of its file."))
        elif not Path(text).is_absolute():
            errors.append(FieldError(name, "Must be a whole path, beginning with /."))
        elif not Path(text).is_file():
            errors.append(FieldError(name, f"There is no file {text} on the platform's machine."))
    return errors
