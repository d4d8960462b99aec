"""The Dockerfile: what it stands on, who runs it, what it fetches, what it leaves in layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catalog.image import NAME
from dashboard.publishing.check.secrets import found_in
from dashboard.publishing.finding import Finding, error, note, warning
from dashboard.publishing.source.tree import SourceTree

FILE = "Dockerfile"
#: Images whose user is not root; others must say so themselves.
OWN_BASES = ("huggins/base", "huggins/base-tensorflow")
ROOT = frozenset({"root", "0", "0:0", "root:root", "0:root"})
_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")
_SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|api_?key|access_?key|credential)")
_PIPED = re.compile(r"\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+)?(?:ba|da|z)?sh\b")


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes
    ----------
    line : int
        Where it begins, from 1.
    word : str
        In capitals.
    value : str
        What follows, lines joined.
    """

    line: int
    word: str
    value: str


def instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile; comments and empty lines are left out."""
    held, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        begun = begun if held else number
        held += stripped
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        word, _, value = held.partition(" ")
        yield Instruction(begun, word.upper(), value.strip())
        held = ""
    if held:
        word, _, value = held.partition(" ")
        yield Instruction(begun, word.upper(), value.strip())


def check(tree: SourceTree) -> Iterator[Finding]:
    """Yield what is wrong with the Dockerfile.

    Parameters
    ----------
    tree : SourceTree
        The folder.

    Yields
    ------
    Finding
        Of the base, the user, what is fetched, and secrets.
    """
    text = tree.text(FILE)
    if text is None:
        yield error(
            "dockerfile.missing",
            FILE,
            "There is no Dockerfile.",
            "Write one; `huggins modules new` shows one.",
        )
        return
    found = list(instructions(text))
    if not any(one.word == "FROM" for one in found):
        yield error("dockerfile.invalid", FILE, "It has no FROM.", "Begin with FROM and the base image.")
        return
    yield from _bases(found)
    yield from _user(found)
    for one in found:
        yield from _fetched(one)
        yield from _secrets(one)
    if not any(one.word in {"CMD", "ENTRYPOINT"} for one in found):
        what = "It says no command: the image alone does not serve."
        yield note(
            "dockerfile.command", FILE, what, 'End with CMD ["python", "-m", "deepaas_plugins.serve"].'
        )


def _arguments(found: list[Instruction]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for one in found:
        if one.word == "FROM":
            break
        if one.word == "ARG":
            name, _, value = one.value.partition("=")
            values[name.strip()] = value.strip().strip("\"'")
    return values


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda m: values.get(m[1] or m[3]) or m[2] or "", text)


def _base_names(found: list[Instruction]) -> Iterator[tuple[int, str, bool]]:
    """Yield line, image and whether it is of the last stage; stages that stand on others give theirs."""
    values, stages = _arguments(found), dict[str, str]()
    froms = [one for one in found if one.word == "FROM"]
    for number, one in enumerate(froms, 1):
        words = [word for word in one.value.split() if not word.startswith("--")]
        image = _filled(words[0], values) if words else ""
        image = stages.get(image.casefold(), image)
        if len(words) >= 3 and words[1].casefold() == "as":
            stages[words[2].casefold()] = image
        yield one.line, image, number == len(froms)


def _bases(found: list[Instruction]) -> Iterator[Finding]:
    for line, image, _ in _base_names(found):
        where, match = f"{FILE}:{line}", NAME.fullmatch(image)
        if image in {"", "scratch"}:
            continue
        if match is None:
            yield error("dockerfile.base", where, f"{image!r} is no name of an image.", "Name one.")
        elif match["digest"] is None and (match["tag"] or "latest") == "latest":
            what = f"The base {image} is not pinned: tomorrow it may be another image."
            mend = "Name a version, better a digest: FROM name@sha256:…."
            yield error("dockerfile.base-not-pinned", where, what, mend)
        elif match["digest"] is None and _repository(image) not in OWN_BASES:
            what = f"The base {image} has a version, but no digest: its content may change."
            yield note("dockerfile.base-by-tag", where, what, "Name its digest: FROM name@sha256:….")


def _repository(image: str) -> str:
    match = NAME.fullmatch(image)
    return match["path"] if match else ""


def _user(found: list[Instruction]) -> Iterator[Finding]:
    last = max(number for number, one in enumerate(found) if one.word == "FROM")
    users = [one for one in found[last:] if one.word == "USER"]
    base = next(image for _, image, final in _base_names(found) if final)
    mend = "Make a user (RUN useradd --uid 1000 …) and end with USER 1000."
    if users and (users[-1].value.split(" ")[0] in ROOT):
        yield error("dockerfile.root", f"{FILE}:{users[-1].line}", "The image runs as root.", mend)
    elif not users and _repository(base) not in OWN_BASES:
        what = "No USER is set: the image runs as the user of its base, which usually is root."
        yield error("dockerfile.root", FILE, what, mend)


def _fetched(one: Instruction) -> Iterator[Finding]:
    where = f"{FILE}:{one.line}"
    if one.word == "ADD" and re.search(r"\bhttps?://|\bgit@", one.value) and "--checksum" not in one.value:
        what = "ADD fetches a file of which no hash is checked."
        yield error(
            "dockerfile.fetched", where, what, "Use ADD --checksum=sha256:…, or put the file beside it."
        )
    if one.word == "RUN" and _PIPED.search(one.value):
        what = "It runs a script straight from the network."
        yield error("dockerfile.piped", where, what, "Fetch it, check its hash, and then run it.")
    if one.word == "RUN" and re.search(r"\bchmod\s+(?:-R\s+)?(?:a\+w|o\+w|777)", one.value):
        yield warning("dockerfile.writable", where, "It lets everybody write.", "Give the files to the user.")


def _secrets(one: Instruction) -> Iterator[Finding]:
    where, mend = (
        f"{FILE}:{one.line}",
        "Lend it to the step: RUN --mount=type=secret,id=…; layers keep all else.",
    )
    if one.word in {"ENV", "ARG"}:
        for part in re.split(r"\s+(?=\w+=)", one.value):
            name, equals, value = part.partition("=")
            if not equals and one.word == "ENV":
                name, _, value = part.partition(" ")
            if _SECRET_NAME.search(name) and value.strip("\"' ") and not value.startswith("$"):
                what = f"{one.word} {name.strip()} leaves its value in the image."
                yield error("dockerfile.secret", where, what, mend)
                return
    for _, what in found_in(f"{one.word} {one.value}"):
        yield error("dockerfile.secret", where, f"Here stands what looks like {what}.", mend)
        return
