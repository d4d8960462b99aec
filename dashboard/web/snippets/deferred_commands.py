"""Code samples for asynchronous predictions: shell, Python and JavaScript."""

from __future__ import annotations

from dashboard.web.snippets.commands import JAVASCRIPT_WARNING, PYTHON_WARNING


def deferred_commands(deployment: str, origin: str, *, token: bool = False) -> list[dict[str, str]]:
    """Return the samples; each runs unchanged.

    Parameters
    ----------
    deployment
        Name of the deployment.
    origin
        Scheme and host of the platform.
    token
        Whether a token is required; the samples read it from the environment variable TOKEN.
    """
    address = f"{origin}/deployments/{deployment}/predictions"
    return [
        {"title": "curl", "help": "", "text": _curl(address, origin, token=token)},
        {"title": "Python, with requests", "help": "", "text": _requests(address, origin, token=token)},
        {
            "title": "JavaScript",
            "help": "Node.js 18 or newer.",
            "text": _javascript(address, origin, token=token),
        },
    ]


def _curl(address: str, origin: str, *, token: bool) -> str:
    header = ' -H "Authorization: Bearer $TOKEN"' if token else ""
    return (
        f"at={origin}$(curl -sf{header} -o /dev/null -w '%header{{location}}' \\\n"
        f"  -F data=@spectra.fits {address})\n"
        f'while curl -sf{header} "$at?wait=60" | grep -qE \'"state": "(queued|running)"\'; do :; done\n'
        f'curl{header} "$at/result"'
    )


def _requests(address: str, origin: str, *, token: bool) -> str:
    bearer = "f\"Bearer {os.environ['TOKEN']}\""
    given = f'session.headers["Authorization"] = {bearer}\n' if token else ""
    return (
        f"{'import os' + chr(10) * 2 if token else ''}import requests\n\n"
        f"session = requests.Session()\n{given}"
        'with open("spectra.fits", "rb") as spectra:\n'
        f'    taken = session.post(\n        "{address}",\n        files={{"data": spectra}},\n    )\n'
        "taken.raise_for_status()\n"
        f'address = "{origin}" + taken.headers["Location"]\n'
        'while (found := session.get(address, params={"wait": 60}).json()["prediction"])["ended"] is None:\n'
        '    print(found["state"])\n'
        'for result in session.get(address + "/result").json()["predictions"]["results"]:\n'
        f"    print(result)\n{PYTHON_WARNING}"
    )


def _javascript(address: str, origin: str, *, token: bool) -> str:
    headers = "const headers = { Authorization: `Bearer ${process.env.TOKEN}` };\n" if token else ""
    given, more = (", { headers }", ", headers") if token else ("", "")
    return (
        f'import {{ readFile }} from "node:fs/promises";\n\n{headers}'
        "const body = new FormData();\n"
        'body.append("data", new Blob([await readFile("spectra.fits")]), "spectra.fits");\n'
        f'const taken = await fetch("{address}", {{ method: "POST", body{more} }});\n'
        "if (!taken.ok) throw new Error(await taken.text());\n"
        f'const address = "{origin}" + taken.headers.get("Location");\n'
        "let prediction;\n"
        f"do ({{ prediction }} = await (await fetch(`${{address}}?wait=60`{given})).json());\n"
        "while (!prediction.ended);\n"
        f"const {{ predictions }} = await (await fetch(`${{address}}/result`{given})).json();\n"
        f"for (const result of predictions.results) {{\n  console.log(result);\n{JAVASCRIPT_WARNING}}}"
    )
