"""Reports which installed packages have known vulnerabilities, and of which packages nothing is known.

``python -m ci.audit PIP_AUDIT`` runs that `pip-audit` on the packages of this interpreter. It reports and
never fails: a vulnerability that was published today says nothing about the change that is tested. Without
access to a service of advisories it says that it knows nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from typing import Any

LIMIT_S = 120.0


def report(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a report.

    Parameters
    ----------
    document
        The JSON document of `pip-audit`: `dependencies`, each with `name`, and with `version` and `vulns`,
        or with `skip_reason` where nothing is known of it.
    """
    packages = document["dependencies"]
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        yield f"audit: nothing is known of any of {len(packages)} packages: no service of advisories has them"
        return
    vulnerable = [package for package in known if package["vulns"]]
    counts = f"{len(known)} of {len(packages)} packages are known, {len(vulnerable)} of them are vulnerable"
    yield f"audit: {counts}"
    for package in vulnerable:
        for found in package["vulns"]:
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            yield f"audit: {package['name']} {package['version']}: {found['id']}, mended in {mended}"
    if unknown := [package["name"] for package in packages if "skip_reason" in package]:
        yield f"audit: nothing is known of {', '.join(unknown)}"


def audit(command: str) -> list[str]:
    """Run `pip-audit` on the packages of this interpreter and return the lines of the report.

    Parameters
    ----------
    command
        Path of `pip-audit`.
    """
    path = sysconfig.get_path("purelib")
    try:
        done = subprocess.run(
            [command, "--format", "json", "--progress-spinner", "off", "--path", path],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return list(report(json.loads(done.stdout)))
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError, KeyError) as error:
        return [f"audit: nothing is known: {type(error).__name__}: {error}"]


if __name__ == "__main__":
    print("\n".join(audit(sys.argv[1])))
