"""An S3 server of moto's that verifies signatures; run with the Python in which moto is.

``python s3_server.py PORT FOLDER COUNT``: a bucket ``spectra`` with the files of the folder below ``dr 1/``,
and that many more keys, all with the last file. Access key and secret are first written to
``FOLDER/../keys``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


def fill(folder: Path, count: int) -> None:
    store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    store.create_bucket("spectra", "us-east-1")
    content = b""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            store.put_object("spectra", f"dr 1/{path.relative_to(folder)}", content)
    for number in range(count):
        store.put_object("spectra", f"many/{number // 1000}/s{number:05}.csv", content)


def grant(keys: Path) -> None:
    people = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    people.create_user(region_name="us-east-1", user_name="anna")
    people.put_user_policy("anna", "all", ALL)
    made = people.create_access_key("anna")
    keys.write_text(f"{made.access_key_id} {made.secret_access_key}")


if __name__ == "__main__":
    fill(Path(sys.argv[2]), int(sys.argv[3]))
    grant(Path(sys.argv[2]).parent / "keys")
    run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=True)
