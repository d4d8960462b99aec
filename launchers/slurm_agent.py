"""What runs on a cluster's login node: answers one request of `launchers.slurm`, then ends.

Run as ``python -m launchers.slurm_agent STATE`` with a message (`launchers.framing`) on its standard input.
The standard library only, for that is all that a cluster has; `launchers.slurm_connection` sends it there.
"""

from __future__ import annotations

import base64
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from launchers import slurm_commands
from launchers.base import ImageMissing, LaunchError, LaunchSpec, NodeDown
from launchers.framing import confined, message, pieces, read_message, regular_files
from launchers.output import last_lines
from launchers.slurm_commands import SlurmRefused, SlurmSilent
from launchers.slurm_launches import SlurmLaunches
from launchers.udocker_store import UdockerFailed, UdockerStore

#: The file that says that all others are whole (contracts.md, section 6): it is sent when they are, and last.
LAST = "exit.json"

#: Bytes up to which a changing file is sent while its job runs; larger ones come at the end.
LIVE_BYTES = 2**22

#: Files that only grow, of which the new end is sent.
GROWING = (".jsonl", "log.txt")


class Agent:
    """Answers requests."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.launches = SlurmLaunches(state)
        self.store = UdockerStore(state)

    def answer(self, request: Mapping[str, Any]) -> Any:
        """Do what is asked; the answer is JSON."""
        launches = self.launches
        answers: dict[str, Callable[..., Any]] = {
            "probe": self._probe,
            "prepare": self._prepare,
            "absent": self._absent,
            "submit": self._submit,
            "find": self._find,
            "look": launches.look,
            "cancel": launches.cancel,
            "kill": launches.kill,
            "forget": self._forget,
            "logs": self._logs,
            "put": self._put,
        }
        return answers[request["ask"]](**{key: value for key, value in request.items() if key != "ask"})

    def _submit(self, spec: Mapping[str, Any], script: str, settle_s: float) -> dict[str, Any]:
        return self.launches.submit(LaunchSpec.from_json(spec), script, settle_s).to_json()

    def _find(self, name: str, settle_s: float) -> dict[str, Any] | None:
        found = self.launches.found(name, settle_s)
        return found.to_json() if found else None

    def _absent(self, places: list[str]) -> list[str]:
        absent = []
        for place in places:
            try:
                os.utime(self.state / confined(place))  # used again: it is not pruned soon
            except FileNotFoundError:
                absent.append(place)
        return absent

    def _forget(self, name: str) -> None:
        self.launches.forget(name, self.state / "files" / confined(name))

    def _put(self, place: str, folder: bool) -> None:
        """Take a folder's (or one file's) bytes from the stream; it appears whole, by rename."""
        whole = self.state / confined(place)
        part = whole.with_name(f".{whole.name}.{uuid.uuid4().hex}")
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        if not whole.exists():  # else somebody was first
            part.rename(whole)

    def follow(self, request: Mapping[str, Any]) -> Iterator[bytes]:
        """Send what is new in the folders of launches.

        While a launch runs: small files that changed and the new ends of those that grow. Of one that has
        ended: all that changed, `LAST` last.
        """
        for name, wish in request["launches"].items():
            root = self.state / "files" / name
            for place, have in wish["have"].items():
                yield from self._news(root / place, {"name": name, "place": place}, have, wish["ended"])
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

    def _probe(self, partition: str) -> dict[str, Any]:
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            **slurm_commands.cluster(partition),
            "udocker": self.store.install(),
            "folder": str(self.state),
        }

    def _prepare(self, image: str) -> str:
        if image.startswith("archive:"):
            archive = self.state / "archives" / confined(image.removeprefix("archive:"))
            prepared = self.store.prepare(str(archive))
            archive.unlink(missing_ok=True)
            return prepared
        return self.store.prepare(image)

    def _logs(self, name: str, tail: int | None) -> str:
        folder = self.launches.folder / name
        data = b""
        for part in ("slurm.out", "log.1", "log"):
            try:
                data += (folder / part).read_bytes()
            except OSError:
                continue
        return base64.b64encode(last_lines(data, tail)).decode("ascii")


def main(state: Path) -> None:
    """Answer one request."""
    out = sys.stdout.buffer
    agent = Agent(state)
    try:
        request = read_message(sys.stdin.buffer)
        if request["ask"] == "follow":
            for piece in agent.follow(request):
                out.write(piece)
            return
        answer = agent.answer(request)
        out.write(message({"answer": answer}))
    except (NodeDown, SlurmSilent) as error:
        out.write(message({"down": getattr(error, "reason", str(error))}))
    except (ImageMissing, UdockerFailed) as error:
        out.write(message({"image": getattr(error, "reason", str(error))}))
    except (LaunchError, SlurmRefused) as error:
        out.write(message({"refused": getattr(error, "reason", str(error))}))
    except OSError as error:
        out.write(message({"refused": f"{error.strerror}: {error.filename or 'on the login node'}"}))
    finally:
        out.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
