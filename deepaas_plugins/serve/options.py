"""What the runtime can be told: on the command line (with upstream's names) and by environment."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from deepaas_plugins.serve.upstream_options import add_options, configured

MIB = 2**20

#: As upstream: this machine only. In a container that is no way in, so images set HUGGINS_HOST.
LOOPBACK = "127.0.0.1"


#: Of one request where it is not set: about half a second of a worker.
MOST_SPECTRA = 5000

#: A worker's requests may hold this part of the memory (a fourth); bytes of one answer with its prepared
#: spectrum: 2,000 numbers of Python.
MEMORY_SHARE, ANSWER_BYTES = 4, 64 * 2**10

#: Header by which the gateway of a deployment shows that it asks (`HUGGINS_SECRET`).
GATEWAY_HEADER = "X-Huggins-Secret"


@dataclass(frozen=True)
class Options:
    """Settings of one server.

    Attributes
    ----------
    host, port
        Where it listens.
    model
        Name of the entry point; "" serves every installed one.
    base_path
        Before every route: "" or "/path".
    workers
        Processes that hold the model.
    warm
        Whether workers load the model before the first request.
    train_endpoint, predict_endpoint, doc_endpoint
        Whether these routes answer.
    maximum_body
        Bytes of one request; 0: no limit.
    maximum_files
        Files in one request.
    maximum_json
        Bytes of a JSON or form body, which has to be held in memory.
    maximum_points
        Points of one spectrum that our own methods take.
    maximum_spectra
        Spectra of one request that our own methods take; 0: as many as `spectra_for` says.
    spool_limit
        Bytes of all uploads on disk together.
    upload_timeout, predict_timeout
        Seconds in which a request must have arrived, and a prediction must be done.
    read_timeout
        Seconds for reading one file, or one member of an archive, by our own methods.
    queue_limit
        Spectra that may wait.
    batch_limit
        Spectra in one batch at most.
    latency_target
        Seconds that a batch should take at most.
    grace
        Seconds to finish in after SIGTERM.
    isolate
        Whether workers of our own methods have no network and see nothing but their model and input.
    debug
        Whether more is logged.
    log_file, log_dir
        Where the log goes; "": to standard error.
    secret
        What every request must show in the header `GATEWAY_HEADER`; "" where none is needed.
    train_input
        Folder in which what a training reads must lie; None where it may lie anywhere.
    spool
        Folder of the uploads, made when the server starts.
    state
        Folder of the trainings: below the working folder, so that two servers do not share it.
    """

    host: str = LOOPBACK
    port: int = 5000
    model: str = ""
    base_path: str = ""
    workers: int = 1
    warm: bool = True
    train_endpoint: bool = True
    predict_endpoint: bool = True
    doc_endpoint: bool = True
    maximum_body: int = 2048 * MIB
    maximum_files: int = 1000
    maximum_json: int = 32 * MIB
    maximum_points: int = 2_000_000
    maximum_spectra: int = 0
    spool_limit: int = 8192 * MIB
    upload_timeout: float = 600.0
    predict_timeout: float = 3600.0
    read_timeout: float = 20.0
    queue_limit: int = 1024
    batch_limit: int = 256
    latency_target: float = 0.05
    grace: float = 30.0
    isolate: bool = True
    debug: bool = False
    log_file: str = ""
    log_dir: str = ""
    secret: str = ""
    train_input: Path | None = None
    spool: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    state: Path = field(default_factory=lambda: Path.cwd() / "huggins-trainings")


def spectra_for(options: Options, memory: int) -> int:
    """Return how many spectra one request may have.

    A request holds its answers until the last one is made, and a worker makes nothing else meanwhile: so the
    number follows from the memory, and is never above `MOST_SPECTRA`.

    Parameters
    ----------
    options : Options
        What is set.
    memory : int
        Bytes that this server may use.

    Returns
    -------
    int
        At least 1.
    """
    if options.maximum_spectra:
        return options.maximum_spectra
    share = memory // MEMORY_SHARE // options.workers
    return max(1, min(MOST_SPECTRA, share // ANSWER_BYTES))


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Return the options; ends the program with a message where they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m deepaas_plugins.serve")
    points = int(environment.get("HUGGINS_MAX_POINTS", Options.maximum_points))
    default = Options(maximum_points=points)

    def add(
        name: str, kind: type, help_text: str, *more: str, attribute: str = "", metavar: str = "N"
    ) -> None:
        target = attribute or name.replace("-", "_")
        value = getattr(default, target)
        parser.add_argument(
            f"--{name}",
            *more,
            dest=target,
            type=kind,
            default=value,
            help=f"{help_text} (default: {value})",
            metavar=metavar,
        )

    _add_addresses(parser, environment)
    add("workers", int, "processes that hold the model", "-p")
    add("client-max-size", int, "bytes of one request, 0: no limit", attribute="maximum_body")
    add("max-files", int, "files in one request", attribute="maximum_files")
    add("max-json", int, "bytes of a JSON body", attribute="maximum_json")
    add("max-points", int, "points of one spectrum", attribute="maximum_points")
    add("max-spectra", int, "spectra of one request, 0: by the memory", attribute="maximum_spectra")
    add("spool-limit", int, "bytes of all uploads on disk")
    add("upload-timeout", float, "seconds to receive a request", metavar="S")
    add("predict-timeout", float, "seconds for one prediction", metavar="S")
    add("read-timeout", float, "seconds to read one file or member", metavar="S")
    add("queue-limit", int, "spectra that may wait")
    add("batch-limit", int, "spectra in one batch at most")
    add("latency-target", float, "seconds that a batch should take", metavar="S")
    add("grace", float, "seconds to finish in after SIGTERM", metavar="S")
    for name in ("warm", "train-endpoint", "predict-endpoint", "doc-endpoint", "isolate"):
        target = name.replace("-", "_")
        group = parser.add_mutually_exclusive_group()
        group.add_argument(f"--{name}", dest=target, action="store_true", default=True)
        group.add_argument(f"--no{name}", f"--no-{name}", dest=target, action="store_false")
    state = Path(environment["HUGGINS_STATE"]).resolve() if "HUGGINS_STATE" in environment else default.state
    parser.add_argument("--state", type=Path, default=state, help="folder of the trainings", metavar="FOLDER")
    add_options(parser)
    given = vars(configured(parser, arguments, environment))
    _check(parser, given)
    given["secret"] = environment.get("HUGGINS_SECRET", "")
    if "HUGGINS_TRAIN_INPUT" in environment:
        given["train_input"] = Path(environment["HUGGINS_TRAIN_INPUT"]).resolve()
    return Options(**{each.name: given[each.name] for each in fields(Options) if each.name in given})


def _add_addresses(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    host = environment.get("HUGGINS_HOST", LOOPBACK)
    port = int(environment.get("HUGGINS_PORT", "5000"))
    model = environment.get("DEEPAAS_V2_MODEL", "")
    parser.add_argument("--host", "--listen-ip", dest="host", default=host, help="address to listen on")
    parser.add_argument(
        "--port", "--listen-port", dest="port", type=int, default=port, help="port to listen on"
    )
    parser.add_argument("--model-name", dest="model", default=model, help="entry point to serve; none: all")
    parser.add_argument("--base-path", default="", help="path before every route", metavar="PATH")


def _check(parser: argparse.ArgumentParser, given: dict[str, object]) -> None:
    base = str(given["base_path"]).rstrip("/")
    if base and not base.startswith("/"):
        parser.error("--base-path starts with a /")
    given["base_path"] = base
    if int(str(given["maximum_spectra"])) < 0:
        parser.error("--max-spectra is at least 0")
    for name in ("workers", "maximum_files", "maximum_points", "queue_limit", "batch_limit"):
        if int(str(given[name])) < 1:
            parser.error(f"--{name.replace('maximum', 'max').replace('_', '-')} is at least 1")
