"""Secrets in texts: keys and passwords that must not be in a repository, an image or a log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

#: What it is, and how it looks. Only forms that hardly ever mean something else.
PATTERNS: Mapping[str, re.Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a key of Amazon Web Services": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b"),
    "a token of GitLab": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    "a token of Hugging Face": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "a token of PyPI": re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}\b"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}\b"),
    "a token of this platform": re.compile(r"\bhug_[A-Za-z0-9_-]{24,}\b"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]{1,64}:(?![$<{])[^\s/:@]{4,128}@"),
    "a password": re.compile(
        r"(?i)\b[a-z0-9_]*(?:password|passwd|secret|api_?key|access_?key|auth_?token|access_?token)[\"']?\s*[:=]\s*"
        r"[\"']?(?=[^\s\"'${<(\[]*\d)[A-Za-z0-9+/=_.!@#%^&*-]{8,}"
    ),
}
#: Names of files that hold nothing but secrets.
FILES = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.env|\.netrc|\.pypirc|\.npmrc|credentials(?:\.json)?|"
    r"[^/]+\.(?:pem|p12|pfx|keystore))$"
)


def found_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line, from 1, and the kind of every secret in a text; never the secret itself."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in PATTERNS.items():
            if pattern.search(line[:4096]):
                yield number, what
                break
