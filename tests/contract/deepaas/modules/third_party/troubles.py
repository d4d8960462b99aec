"""A module that goes wrong in every way that upstream's users have met."""

import os
import pathlib
import signal
import subprocess
import sys
import time

from aiohttp import web
from webargs import fields


def get_metadata():
    return {"name": "troubles"}


def get_predict_args():
    return {
        "data": fields.Field(required=False, metadata={"type": "file", "location": "form"}),
        "what": fields.Str(load_default="nothing"),
    }


def predict(what, data=None):
    if what == "http":
        raise web.HTTPBadRequest(reason="The picture has no colours")
    if what == "forked":
        return "deepaas_plugins.serve.http.server" in sys.modules
    if what == "raise":
        raise RuntimeError("the weights are missing")
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "exit":
        os._exit(3)
    if what == "size":
        with pathlib.Path(data.filename).open("rb") as file:
            return sum(len(chunk) for chunk in iter(lambda: file.read(1 << 20), b""))
    return what


def get_train_args():
    return {"until": fields.Str(load_default="", metadata={"description": "Train until this file is there"})}


def train(until):
    print("the training has begun", flush=True)
    if until.endswith("never"):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    if until == "http":
        raise web.HTTPBadRequest(reason="There are no stars to learn from")
    while until.startswith("/") and not pathlib.Path(until).exists():
        time.sleep(0.02)
    return {"until": until}
