"""What pyvo's client of jobs does with a list, as JSON: ``python pyvo_runs.py LIST TOKEN NAME=VALUE …``."""

from __future__ import annotations

import json
import sys
import warnings

import pyvo
import requests
from pyvo.dal.tap import AsyncTAPJob

warnings.simplefilter("ignore")


def main(address: str, token: str, given: dict[str, str]) -> None:
    """Run, wait, look at results, abort and delete."""
    session = requests.Session()
    session.auth = ("any", token)
    first = session.post(address, data=given)
    job = AsyncTAPJob(first.url, session=session)
    told = {"made": job.phase}
    job.execution_duration = 3000
    told["duration"] = round(job.execution_duration.to_value("s"))
    told["destruction"] = job.destruction is None
    job.run().wait(timeout=120)
    told |= {"phase": job.phase, "results": sorted(one.id_ for one in job.results)}
    summary = next(one for one in job.results if one.id_ == "summary.json")
    told["read"] = session.get(summary.href).status_code
    job.raise_if_error()
    second = AsyncTAPJob(session.post(address, data=given).url, session=session)
    second.abort()
    wrong = AsyncTAPJob(session.post(address, data={}).url, session=session)
    wrong.run().wait(timeout=60)
    try:
        wrong.raise_if_error()
    except pyvo.DALQueryError as error:
        told["error"] = str(error)
    for one in (job, second, wrong):
        address = one.url
        one.delete()
        told["gone"] = session.get(address).status_code
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], dict(one.split("=", 1) for one in sys.argv[3:]))
