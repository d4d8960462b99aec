"""Reading YAML that somebody else wrote: only plain data, bounded in size and depth, nothing said twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

#: Bytes; descriptions written by people are far below.
SIZE_LIMIT = 256 * 1024
DEPTH_LIMIT = 32


class BadDocument(ValueError):
    """A metadata file that cannot be used.

    Parameters
    ----------
    path : Path
        The file.
    problems : sequence of str
        One line each: where in the file, and what to do.
    """

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.path = path
        self.problems = problems


class _Loader(yaml.SafeLoader):
    """YAML without aliases (they can multiply a small file into gigabytes), dates or repeated keys."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise self._error("aliases (*name) are not allowed")
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise self._error(f"nested more than {DEPTH_LIMIT} deep")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise self._error(f"key {key!r} is not text", key_node)
            if key in seen:
                raise self._error(f"key {key!r} stands here a second time", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def _error(self, problem: str, node: Any = None) -> yaml.MarkedYAMLError:
        place = node or self.peek_event()  # type: ignore[no-untyped-call]
        return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


# Dates stay text, as in JSON; and "<<" is no merge but an unknown key.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds one mapping.

    Raises
    ------
    BadDocument
        If it is not readable, too large, not UTF-8, not YAML, not one mapping, or uses what is not allowed.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise BadDocument(path, [f"cannot be read: {error.strerror}"]) from error
    if len(raw) > SIZE_LIMIT:
        raise BadDocument(path, [f"is larger than {SIZE_LIMIT // 1024} kB"])
    try:
        document = yaml.load(raw.decode("utf-8"), Loader=_Loader)  # noqa: S506 it is a SafeLoader
    except UnicodeDecodeError as error:
        raise BadDocument(path, [f"is not UTF-8 (byte {error.start})"]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadDocument(path, [f"{where}{error.problem}"]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadDocument(path, [f"is not YAML: {error}"]) from error
    if not isinstance(document, dict):
        raise BadDocument(path, ["is not a mapping of keys to values"])
    return document
