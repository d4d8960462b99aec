"""A client of deployments: one file that needs only Python, to be imported or copied.

>>> stars = Deployment("http://127.0.0.1:8470/deployments/hot-stars", token="hgd_…")  # doctest: +SKIP
>>> stars.predict("one.fits", "two.fits").results                                     # doctest: +SKIP
"""

from __future__ import annotations

import http.client
import json
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

CHUNK = 256 * 1024
PAUSE_S = 1.0  # before a repetition, if the answer has no Retry-After
REPEATABLE = frozenset({429, 503})  # busy, starting, or above a limit: a repetition may succeed
KINDS: Mapping[str, type[http.client.HTTPConnection]] = {
    "http": http.client.HTTPConnection,
    "https": http.client.HTTPSConnection,
}
WAIT_S = 30.0  # for which the service delays the answer about an unfinished prediction


class PredictionError(Exception):
    """The deployment gave no prediction; `str` of it says why.

    Parameters
    ----------
    status
        The HTTP status; 0: there was no answer.
    reason
        Text for a person.
    problem
        The whole answer, such as ``{"data": ["Missing data for required field."]}``.
    """

    def __init__(self, status: int, reason: str, problem: Any = None) -> None:
        super().__init__(f"{reason} ({status})" if status else reason)
        self.status = status
        self.reason = reason
        self.problem = problem


@dataclass(frozen=True)
class Prediction:
    """The predictions of a model.

    Parameters
    ----------
    results
        One for each spectrum that was accepted, in their order: ``name`` and, of a classifier, ``label`` and
        ``probabilities``; where the model has them ``set`` and ``coverage``, or ``value``, ``sigma``,
        ``interval`` and ``coverage``, and ``domain`` with ``state`` (inside, edge, outside), ``reason`` and
        ``causes``, each with ``what`` (flux, coverage, resolution, snr) and its numbers.
    rejected
        ``{"name", "reason"}`` of each spectrum that was not.
    model
        ``method``, ``version``, ``classes``, ``calibrated``, ``coverage``, ``domain``.
    """

    results: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    model: dict[str, Any]

    @classmethod
    def of(cls, answer: Any) -> Prediction:
        """Read the answer of DEEPaaS."""
        said = answer.get("predictions", answer) if isinstance(answer, dict) else {}
        said = said if isinstance(said, dict) else {"results": said}
        return cls(said.get("results", []), said.get("rejected", []), said.get("model", {}))


class Deployment:
    """A deployed model. It may be shared between threads: each call has a connection of its own.

    Parameters
    ----------
    address
        Address of its page: ``http://host:8470/deployments/NAME``.
    token
        A token of the deployment (``hgd_…``) or of the platform, if it needs one.
    timeout_s
        Seconds without data of the server after which a call fails.
    patience_s
        Seconds for which a call is repeated while the deployment is busy or starting.

    Raises
    ------
    ValueError
        If the address is not that of a deployment.
    """

    def __init__(
        self, address: str, token: str | None = None, *, timeout_s: float = 600.0, patience_s: float = 120.0
    ) -> None:
        self.address = address.rstrip("/")
        root, found, name = self.address.rpartition("/deployments/")
        if not found or not name or "/" in name or urlsplit(root).scheme not in KINDS:
            raise ValueError(f"{address!r} is not an address such as http://host:8470/deployments/NAME")
        self._server = _Server(root, token, timeout_s, patience_s)
        self._path = f"/predict/{quote(name)}"

    def predict(self, *spectra: Any, **arguments: Any) -> Prediction:
        """Predict spectra, any number in one call.

        Parameters
        ----------
        spectra
            Either paths of files in any format that the module reads, or spectra:
            `spectra.Spectrum` and other objects that have ``wavelength`` (Å, vacuum, shape (n,)) and
            ``flux`` (n,), and perhaps ``ivar``, ``mask``, ``meta.name``; pairs of wavelength and flux; or
            objects as JSON has them (``{"wavelength", "flux", "name"?, "unit"?, "frame"?, …}``).
        arguments
            Arguments of the module, such as ``probabilities=True``.

        Raises
        ------
        PredictionError
            If there is no answer in time, or the call fails.
        TypeError
            If an argument is not a spectrum.
        """
        body = _body_of(spectra)
        return Prediction.of(self._server.ask("POST", self._path, body=body, arguments=arguments)[1])

    def predict_deferred(self, *spectra: Any, **arguments: Any) -> DeferredPrediction:
        """Start an asynchronous prediction, for long work; arguments and errors as of `predict`.

        Returns
        -------
        DeferredPrediction
            Gives the state and the result.
        """
        prefer = {"Prefer": "respond-async"}
        headers, _ = self._server.ask(
            "POST", self._path, body=_body_of(spectra), arguments=arguments, headers=prefer
        )
        return DeferredPrediction(self._server, urlsplit(headers["location"]).path)


class DeferredPrediction:
    """An asynchronous prediction; `Deployment.predict_deferred` makes it."""

    def __init__(self, server: _Server, path: str) -> None:
        self.address = server.root + path
        self._server = server
        self._path = path

    def state(self, wait_s: float = 0.0) -> str:
        """Return queued, running, completed, error or cancelled; waits up to `wait_s` (≤ 60) for the end."""
        arguments = {"wait": max(1, round(wait_s))} if wait_s > 0 else {}
        found = self._server.ask("GET", self._path, arguments=arguments)[1]["prediction"]
        return str(found["state"])

    def wait(self, timeout_s: float | None = None) -> Prediction:
        """Wait for the end of the prediction and return its result.

        Parameters
        ----------
        timeout_s
            Seconds to wait at most; None: no limit.

        Raises
        ------
        TimeoutError
            If it has not ended within `timeout_s`; it continues.
        PredictionError
            If it failed.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        left = WAIT_S if timeout_s is None else timeout_s
        while self.state(min(WAIT_S, left)) in ("queued", "running"):
            if deadline is not None and (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError(f"{self.address} has not ended within {timeout_s} s")
        return Prediction.of(self._server.ask("GET", f"{self._path}/result")[1])

    def cancel(self) -> None:
        """Cancel the prediction and delete it."""
        self._server.ask("DELETE", self._path)


@dataclass(frozen=True)
class _Server:
    """Sends requests to one server, with repetitions; see `Deployment` for the fields."""

    root: str
    token: str | None
    timeout_s: float
    patience_s: float

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: _Body | None = None,
        arguments: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, str], Any]:
        """Send a request, repeating it while the server is busy.

        Parameters
        ----------
        method, path, body
            The request; None: without a body.
        arguments
            The query.
        headers
            Further headers.

        Returns
        -------
        tuple of dict and object
            Headers of the answer (names in lower case), and its JSON.

        Raises
        ------
        PredictionError
            If the request fails.
        """
        given = (arguments or {}).items()
        query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given}
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        sent = {"Accept": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent |= {"Content-Type": body.kind, "Content-Length": str(body.size)}
        deadline = time.monotonic() + self.patience_s
        while True:
            status, answered, found = self._send(method, target, body, sent)
            if status < 300:
                return answered, found
            after = answered.get("retry-after", "")
            pause = float(after) if after.isdigit() else PAUSE_S
            if status not in REPEATABLE or time.monotonic() + pause > deadline:
                raise PredictionError(status, _reason(found, status), found)
            time.sleep(pause)

    def _send(
        self, method: str, target: str, body: _Body | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        parts = urlsplit(self.root)
        connection = KINDS[parts.scheme](parts.hostname or "", parts.port, timeout=self.timeout_s)
        try:
            chunks = None if body is None else body.chunks()
            connection.request(method, parts.path + target, chunks, dict(headers))
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise PredictionError(0, f"{self.root} does not answer: {error}") from error
        finally:
            connection.close()
        answered = {name.lower(): value for name, value in answer.getheaders()}
        try:
            return answer.status, answered, json.loads(text) if text else {}
        except ValueError:
            return answer.status, answered, {"detail": text[:500].decode("utf-8", "replace")}


@dataclass(frozen=True)
class _Body:
    """A request body that can be sent more than once; its files are read while they are sent."""

    pieces: Sequence[bytes | Path]
    kind: str

    @property
    def size(self) -> int:
        return sum(one.stat().st_size if isinstance(one, Path) else len(one) for one in self.pieces)

    def chunks(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            with piece.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk


def _body_of(spectra: Sequence[Any]) -> _Body:
    """Return the request body of spectra."""
    if not spectra:
        raise TypeError("name at least one spectrum")
    files = [Path(one) for one in spectra if isinstance(one, str | Path)]
    if not files:
        text = json.dumps({"spectra": [_as_json(one) for one in spectra]})
        return _Body([text.encode()], "application/json")
    if len(files) != len(spectra):
        raise TypeError("predict files and spectra in separate calls")
    boundary = secrets.token_hex(16)
    pieces: list[bytes | Path] = []
    for file in files:
        name = file.name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="{name}"\r\n'
        pieces += [f"{head}Content-Type: application/octet-stream\r\n\r\n".encode(), file, b"\r\n"]
    return _Body([*pieces, f"--{boundary}--\r\n".encode()], f"multipart/form-data; boundary={boundary}")


def _as_json(spectrum: Any) -> dict[str, Any]:
    if isinstance(spectrum, Mapping):
        given = dict(spectrum)
    elif isinstance(spectrum, tuple) and len(spectrum) == 2:
        given = {"wavelength": spectrum[0], "flux": spectrum[1]}
    elif hasattr(spectrum, "wavelength") and hasattr(spectrum, "flux"):
        given = {name: getattr(spectrum, name, None) for name in ("wavelength", "flux", "ivar", "mask")}
        given["name"] = getattr(getattr(spectrum, "meta", None), "name", None)
    else:
        raise TypeError(
            f"{type(spectrum).__name__} is not a spectrum: give files, pairs of wavelength and flux, …"
        )
    return {name: _listed(value) for name, value in given.items() if value is not None}


def _listed(value: Any) -> Any:
    """Return an array as lists; values that are not finite become None."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    return [_listed(one) for one in plain] if isinstance(plain, list | tuple) else plain


def _reason(said: Any, status: int) -> str:
    if not isinstance(said, dict) or not said:
        return http.client.responses.get(status, "failed")
    if reason := said.get("detail") or said.get("title"):
        return str(reason)
    lists = {name: " ".join(map(str, why)) if isinstance(why, list) else why for name, why in said.items()}
    return "; ".join(f"{name}: {why}" for name, why in lists.items())
