"""Commands that run a module or call a deployment without the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.web.snippets.slurm_command import has_registry


def module_commands(
    name: str,
    image: str,
    deployments: Sequence[dict[str, Any]],
    origin: str,
    *,
    slurm: dict[str, str],
    job_folder: str,
) -> list[dict[str, str]]:
    """Return the commands that run a module's image and call its first deployment.

    Parameters
    ----------
    name : str
        The module.
    image : str
        The image's reference; empty: none is known.
    deployments : sequence of dict
        Deployments of the module that the reader may see.
    origin : str
        Scheme, host and port of the platform.
    slurm : dict
        The entry for Slurm, between the others.
    job_folder : str
        The commands that make the folder of a job.

    Returns
    -------
    list of dict
        ``title``, ``help`` and the command of each.
    """
    reference = image or f"huggins/{name}"
    hardened = "--cap-drop ALL --security-opt no-new-privileges --network none"
    called = deployments[0]["name"] if deployments else ""
    return [
        {
            "title": "Job folder",
            "help": "What Docker and udocker below run; my-spectra is a folder of spectra.",
            "text": job_folder,
        },
        {
            "title": "Image",
            "help": "Makes the image here and takes it to another machine, where no registry has it.",
            "text": _brought(reference),
        },
        {
            "title": "Docker",
            "help": "Trains from a job folder, without network access.",
            "text": f'docker run --rm {hardened} \\\n  -v "$PWD/job:/job" -w /job {reference} \\\n'
            "  python -m deepaas_plugins.batch",
        },
        {
            "title": "udocker",
            "help": "On a cluster without Docker and without root.",
            "text": f"udocker create --name={name} {reference}\n"
            f'udocker run -v "$PWD/job:/job" -w /job {name} \\\n  python -m deepaas_plugins.batch',
        },
        slurm,
        {
            "title": "DEEPaaS server",
            "help": "The DEEPaaS V2 API with its Swagger page on port 5000; model/ is the folder of a model.",
            "text": "docker run --rm -p 127.0.0.1:5000:5000 \\\n"
            f'  -v "$PWD/model:/model:ro" -e HUGGINS_MODEL=/model {reference} \\\n'
            f"  deepaas-run --listen-ip 0.0.0.0 --model-name {name}",
        },
        *(call_commands(called, origin) if called else []),
    ]


def _brought(reference: str) -> str:
    """Return the commands that take an image to another machine; from a registry that is one pull."""
    if has_registry(reference):
        return f"docker pull {reference}   # or: udocker pull, as in the script for Slurm"
    return (
        "python -m ci.images build   # in a checkout of Huggins\n"
        f"docker save {reference} | gzip > image.tar.gz\n"
        "# on the other machine: docker load -i image.tar.gz, or udocker load -i image.tar.gz"
    )


def call_commands(deployment: str, origin: str, *, token: bool = False) -> list[dict[str, str]]:
    """Return how to call a deployment from a shell, Python and JavaScript; each runs unchanged.

    Parameters
    ----------
    token
        Whether a token is required; the samples read it from the environment variable TOKEN.
    """
    address = f"{origin}/predict/{deployment}"
    header = '-H "Authorization: Bearer $TOKEN" ' if token else ""
    return [
        {"title": "curl", "help": "", "text": f"curl {header}-F data=@spectrum.fits {address}"},
        {"title": "Command line", "help": "", "text": f"huggins predict {deployment} spectrum.fits"},
        {
            "title": "Python",
            "help": "With the Huggins client: one file that needs only Python, saved beside the script.",
            "text": _client(origin, f"{origin}/deployments/{deployment}", token=token),
        },
        {"title": "Python, with requests", "help": "", "text": _requests(address, token=token)},
        {"title": "JavaScript", "help": "Node.js 18 or newer.", "text": _javascript(address, token=token)},
    ]


#: How samples warn of a spectrum that is unlike those that the model was trained on.
PYTHON_WARNING = (
    '    domain = result.get("domain", {})\n'
    '    if domain.get("state", "inside") != "inside":\n'
    '        print("caution:", domain["state"], "of the training domain:", domain["reason"])'
)
JAVASCRIPT_WARNING = (
    '  if ((result.domain?.state ?? "inside") !== "inside")\n'
    "    console.warn(`caution: ${result.domain.state} of the training domain: ${result.domain.reason}`);\n"
)


def _client(platform: str, address: str, *, token: bool) -> str:
    given = ', token=os.environ["TOKEN"]' if token else ""
    return (
        f"# curl -O {platform}/huggins_client.py\n"
        f"{'import os' + chr(10) * 2 if token else ''}from huggins_client import Deployment\n\n"
        f'model = Deployment("{address}"{given})\n'
        'for result in model.predict("spectrum.fits").results:\n'
        f"    print(result)\n{PYTHON_WARNING}"
    )


def _requests(address: str, *, token: bool) -> str:
    bearer = "f\"Bearer {os.environ['TOKEN']}\""
    given = f'        headers={{"Authorization": {bearer}}},\n' if token else ""
    return (
        f"{'import os' + chr(10) * 2 if token else ''}import requests\n\n"
        'with open("spectrum.fits", "rb") as spectrum:\n'
        f'    answer = requests.post(\n        "{address}",\n'
        f'        files={{"data": spectrum}},\n{given}    )\n'
        "answer.raise_for_status()\n"
        'for result in answer.json()["predictions"]["results"]:\n'
        f"    print(result)\n{PYTHON_WARNING}"
    )


def _javascript(address: str, *, token: bool) -> str:
    carried = "\n  headers: { Authorization: `Bearer ${process.env.TOKEN}` }," if token else ""
    return (
        'import { readFile } from "node:fs/promises";\n\n'
        "const form = new FormData();\n"
        'form.append("data", new Blob([await readFile("spectrum.fits")]), "spectrum.fits");\n'
        f'const answer = await fetch("{address}", {{\n  method: "POST",\n  body: form,{carried}\n}});\n'
        "if (!answer.ok) throw new Error(await answer.text());\n"
        "const { predictions } = await answer.json();\n"
        f"for (const result of predictions.results) {{\n  console.log(result);\n{JAVASCRIPT_WARNING}}}"
    )
