"""Names of container images, as AI4's metadata have them under ``docker_image``."""

from __future__ import annotations

import re

#: The grammar of the distribution specification: registry, path, tag, digest; all but the path optional.
NAME = re.compile(
    r"(?:(?P<registry>(?:[a-zA-Z0-9-]+\.)+[a-zA-Z0-9-]+(?::\d{1,5})?|localhost(?::\d{1,5})?|[a-zA-Z0-9-]+:\d{1,5})/)?"
    r"(?P<path>[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)

LONGEST = 255

#: Pages of the registries that have one for each image.
_PAGES = {"ghcr.io": "https://ghcr.io/{path}", "quay.io": "https://quay.io/repository/{path}"}
_DOCKER_HUB = {None, "docker.io", "index.docker.io"}


def is_image(text: str) -> bool:
    """Whether a text is the name of an image."""
    return len(text) <= LONGEST and NAME.fullmatch(text) is not None


def page_of(name: str) -> str | None:
    """Return the page of an image in its registry; None where it has none, or `name` is no name."""
    found = NAME.fullmatch(name) if len(name) <= LONGEST else None
    if found is None:
        return None
    registry, path = found["registry"], found["path"]
    if registry in _DOCKER_HUB:
        return f"https://hub.docker.com/r/{path}" if "/" in path else f"https://hub.docker.com/_/{path}"
    return _PAGES[registry].format(path=path) if registry in _PAGES else None
