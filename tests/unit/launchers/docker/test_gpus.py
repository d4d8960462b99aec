"""Which graphics processors a container of a Docker engine gets."""

from __future__ import annotations

from typing import Any

from launchers.docker import gpus


class Engine:
    """The containers that an engine lists."""

    def __init__(self, *rows: tuple[int, str, str]) -> None:
        self.rows = rows

    def containers(self, *, all: bool, filters: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: A002 the SDK's name
        assert all
        assert filters["label"] == ["io.huggins.gpus"]
        assert "exited" not in filters["status"]
        return [
            {"Created": made, "Id": name, "Labels": {"io.huggins.gpus": has}} for made, name, has in self.rows
        ]


def test_containers_of_an_engine_share_no_processor() -> None:
    assert gpus.choose(Engine((1, "a", "0,2"), (2, "b", "")), 1, 4) == ("1",)


def test_of_containers_made_at_once_with_the_same_processor_the_first_keeps_it() -> None:
    engine = Engine((5, "late", "1,2"), (4, "first", "2"), (3, "other", "0"))
    assert gpus.lost(engine, "late")
    assert not gpus.lost(engine, "first")
    assert not gpus.lost(engine, "other")
