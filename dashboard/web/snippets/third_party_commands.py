"""Commands that call a deployment of a third-party module by its own arguments, and run its image."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode


def third_party_commands(
    image: str, deployments: Sequence[Mapping[str, Any]], description: Mapping[str, Any] | None, origin: str
) -> list[dict[str, str]]:
    """Return the commands of a third-party module's page.

    Parameters
    ----------
    image : str
        The image's reference.
    deployments : sequence of mapping
        Of the module, that the reader may see.
    description : mapping or None
        Of the module; None: it is not known.
    origin : str
        Scheme, host and port of the platform.

    Returns
    -------
    list of dict
        ``title``, ``help`` and the command of each.
    """
    server = {
        "title": "DEEPaaS server",
        "help": "The DEEPaaS V2 API with its Swagger page on port 5000.",
        "text": f"docker run --rm -p 127.0.0.1:5000:5000 {image} \\\n  deepaas-run --listen-ip 0.0.0.0",
    }
    return [
        server,
        *(argument_commands(str(deployments[0]["name"]), description, origin) if deployments else []),
    ]


def argument_commands(
    deployment: str, description: Mapping[str, Any] | None, origin: str, *, token: bool = False
) -> list[dict[str, str]]:
    """Return how to call a deployment with the files and arguments that its module needs.

    Parameters
    ----------
    deployment : str
        Its name.
    description : mapping or None
        Of the module; None: it is not known.
    origin : str
        Scheme, host and port of the platform.
    token : bool
        Whether a token is required; the samples read it from the environment variable TOKEN.

    Returns
    -------
    list of dict
        ``title``, ``help`` and the command of each.
    """
    told = list((description or {}).get("predict", []))
    files = [
        str(one["name"]) for one in told if "file" in (one["type"], one.get("items")) and one.get("required")
    ]
    values = {
        str(one["name"]): str(one.get("default") or (one.get("choices") or ["VALUE"])[0])
        for one in told
        if one.get("required") and str(one["name"]) not in files
    }
    address = f"{origin}/predict/{deployment}{'?' + urlencode(values) if values else ''}"
    header = '-H "Authorization: Bearer $TOKEN" ' if token else ""
    sent = "".join(f"-F {shlex.quote(f'{name}=@FILE')} " for name in files) or "-X POST "
    return [
        {
            "title": "curl",
            "help": "FILE is a file of yours.",
            "text": f"curl {header}{sent}{shlex.quote(address)}",
        },
        {
            "title": "Python",
            "help": "With the package huggins-client.",
            "text": _python(deployment, files, values, origin),
        },
    ]


def _python(deployment: str, files: Sequence[str], values: Mapping[str, str], origin: str) -> str:
    given = [json.dumps(deployment)]
    if values:
        given.append(json.dumps(dict(values)))
    if files:
        given.append(f"files={json.dumps(dict.fromkeys(files, 'FILE'))}")
    return (
        "from huggins_client import Huggins\n\n"
        f'with Huggins("{origin}") as huggins:  # the token is in HUGGINS_TOKEN\n'
        f"    print(huggins.call({', '.join(given)}))"
    )
