"""Commands that a person can copy: the same module or model without these pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def module_commands(
    name: str, image: str, deployments: Sequence[dict[str, Any]], origin: str
) -> list[dict[str, str]]:
    """Return how to run a module's image by hand, and how to call what is deployed of it."""
    reference = image or f"huggins/{name}"
    hardened = "--cap-drop ALL --security-opt no-new-privileges --network none"
    called = deployments[0]["name"] if deployments else name
    return [
        {
            "title": "Docker",
            "help": "Trains from a job folder, closed off from the network.",
            "text": f'docker run --rm {hardened} \\\n  -v "$PWD/job:/job" -w /job {reference} \\\n'
            "  python -m deepaas_plugins.batch",
        },
        {
            "title": "udocker",
            "help": "On a cluster without Docker and without root.",
            "text": f"udocker create --name={name} {reference}\n"
            f'udocker run -v "$PWD/job:/job" -w /job {name} \\\n  python -m deepaas_plugins.batch',
        },
        {
            "title": "DEEPaaS server",
            "help": "The DEEPaaS V2 API with its Swagger page on port 5000; model/ is the folder of a model.",
            "text": "docker run --rm -p 127.0.0.1:5000:5000 \\\n"
            f'  -v "$PWD/model:/model:ro" -e HUGGINS_MODEL=/model {reference} \\\n'
            f"  deepaas-run --listen-ip 0.0.0.0 --model-name {name}",
        },
        *call_commands(called, origin),
    ]


def call_commands(deployment: str, origin: str) -> list[dict[str, str]]:
    """Return how to ask a deployment from a shell and from Python."""
    address = f"{origin}/predict/{deployment}"
    return [
        {"title": "curl", "help": "", "text": f"curl -F data=@spectrum.fits {address}"},
        {"title": "Command line", "help": "", "text": f"huggins predict {deployment} spectrum.fits"},
        {
            "title": "Python",
            "help": "",
            "text": "import requests\n\n"
            'with open("spectrum.fits", "rb") as spectrum:\n'
            f'    answer = requests.post("{address}", files={{"data": spectrum}})\n'
            "answer.raise_for_status()\n"
            'for result in answer.json()["predictions"]["results"]:\n'
            '    print(result["name"], result.get("label"), result.get("probabilities"))',
        },
    ]
