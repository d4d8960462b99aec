"""Base of the agents: a program on another machine that answers one request of a launcher, then ends.

It serves images and files; `launchers.slurm.agent` and `launchers.udocker.agent` add launches.
`launchers.remote.connection` copies them there and exchanges messages (`launchers.remote.framing`) with their
standard input and output. The standard library only.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from launchers.base import ImageMissing, LaunchError, NodeDown
from launchers.image_archive import ImageStoreError
from launchers.remote.framing import confined, message, pieces, read_message, regular_files

#: The file that completes all others (contracts.md, section 6): it is sent last.
LAST = "exit.json"

#: Bytes up to which a changing file is sent while its job runs; larger ones come at the end.
LIVE_BYTES = 2**22

#: Files that only grow; only their new end is sent.
GROWING = (".jsonl", "log.txt")


class ImageStore(Protocol):
    """The store of images on that machine."""

    def install(self) -> str:
        """Check that the store can be used; return its version."""

    def prepare(self, image: str) -> str:
        """Make an image available and return its id."""


class Agent:
    """Answers the requests of all launchers; the programs add their own.

    Parameters
    ----------
    state : Path
        The platform's folder there.
    store : ImageStore
        Where the images are kept.
    """

    def __init__(self, state: Path, store: ImageStore) -> None:
        self.state = state
        self.store = store

    def answers(self) -> dict[str, Callable[..., Any]]:
        """Return the requests and the methods that answer them with JSON."""
        return {"prepare": self._prepare, "absent": self._absent, "put": self._put}

    def answer(self, request: Mapping[str, Any]) -> Any:
        """Execute a request."""
        return self.answers()[request["ask"]](
            **{key: value for key, value in request.items() if key != "ask"}
        )

    def _prepare(self, image: str) -> str:
        if image.startswith("archive:"):
            archive = self.state / "archives" / confined(image.removeprefix("archive:"))
            prepared = self.store.prepare(str(archive))
            archive.unlink(missing_ok=True)
            return prepared
        return self.store.prepare(image)

    def _absent(self, places: list[str]) -> list[str]:
        absent = []
        for place in places:
            try:
                os.utime(self.state / confined(place))  # in use: it is not pruned soon
            except FileNotFoundError:
                absent.append(place)
        return absent

    def _put(self, place: str, folder: bool) -> None:
        """Receive a folder or file from the stream; it is put in place by rename."""
        whole = self.state / confined(place)
        part = whole.with_name(f".{whole.name}.{uuid.uuid4().hex}")
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._take(part, folder=folder)
        except BaseException:  # connection lost or disk full: free the space
            shutil.rmtree(part) if folder else part.unlink(missing_ok=True)
            raise
        if not whole.exists():  # else another request was first
            part.rename(whole)

    def _take(self, part: Path, *, folder: bool) -> None:
        if folder:
            part.mkdir(mode=0o700)
        while (file := read_message(sys.stdin.buffer)) is not None:
            target = part / confined(file["path"]) if folder else part
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.get("folder"):
                target.mkdir(exist_ok=True)
                continue
            left = file["size"]
            with target.open("xb") as out:
                while left:
                    data = sys.stdin.buffer.read(min(left, 2**18))
                    if not data:
                        raise EOFError
                    out.write(data)
                    left -= len(data)
            os.utime(target, ns=(file["mtime"], file["mtime"]))

    def follow(self, request: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield new files of launches.

        While a launch runs: small files that changed, and the new ends of growing files. After its end: all
        files that changed, `LAST` last.
        """
        for name, wanted in request["launches"].items():
            root = self.state / "files" / name
            for place, have in wanted["have"].items():
                yield from self._news(root / place, {"name": name, "place": place}, have, wanted["ended"])
        yield message(None)

    def _news(
        self, root: Path, label: Mapping[str, str], have: Mapping[str, list[int]], ended: bool
    ) -> Iterator[bytes]:
        found = sorted(regular_files(root), key=lambda item: item[0].endswith(LAST))
        for path, stat in found:
            known = have.get(path)
            grows = path.endswith(GROWING)
            same = known == [stat.st_size, stat.st_mtime_ns]
            if (same and not (ended and grows)) or (not ended and path.endswith(LAST)):
                continue
            offset = 0
            if not ended and grows and known and known[0] <= stat.st_size:
                offset = known[0]
            size = stat.st_size - offset
            if not ended and size > LIVE_BYTES:
                if not grows:
                    continue
                size = LIVE_BYTES
            mtime = stat.st_mtime_ns if offset + size == stat.st_size else 0
            try:
                content = pieces(root / path if path != "." else root, offset, size)
                first = next(content, b"")
            except OSError:
                continue  # replaced while we walked: it comes the next time
            yield message({**label, "path": path, "offset": offset, "size": size, "mtime": mtime})
            yield first
            yield from content


def run(agent: Agent) -> None:
    """Answer one request from standard input to standard output, a fault too."""
    out = sys.stdout.buffer
    try:
        request = read_message(sys.stdin.buffer)
        if request["ask"] == "follow":
            for piece in agent.follow(request):
                out.write(piece)
            return
        answer = agent.answer(request)
        out.write(message({"answer": answer}))
    except NodeDown as error:
        out.write(message({"down": error.reason}))
    except (ImageMissing, ImageStoreError) as error:
        out.write(message({"image": getattr(error, "reason", str(error))}))
    except LaunchError as error:
        out.write(message({"error": error.reason}))
    except OSError as error:
        out.write(message({"error": f"{error.strerror}: {error.filename or 'on that machine'}"}))
    finally:
        out.flush()
