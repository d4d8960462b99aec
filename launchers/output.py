"""What a command printed."""


def last_lines(data: bytes, count: int | None) -> bytes:
    """Return the last `count` lines of `data`; all of it where `count` is None."""
    if count is None:
        return data
    return b"".join(data.splitlines(keepends=True)[-count:]) if count > 0 else b""
