"""Label sets and learning sessions of the client that blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from huggins_client import learning
from huggins_client.objects import LabelSet, Session
from huggins_client.operations import Steps

T = TypeVar("T")


class LearningCalls:
    """Methods about label sets and sessions; `Huggins` has them with all others."""

    def _run(self, steps: Steps[T]) -> T:
        raise NotImplementedError

    def label_sets(self, words: str = "") -> list[LabelSet]:
        """List label sets."""
        return self._run(learning.label_sets(words))

    def new_label_set(
        self, name: str, dataset: str, classes: Sequence[str], *, project: str = ""
    ) -> LabelSet:
        """Make a label set for a dataset; `classes` are what a spectrum can be."""
        return self._run(learning.new_label_set(name, dataset, classes, project))

    def give_labels(
        self, label_set: str, labels: Mapping[int, str], *, queue: str = "", comment: str = ""
    ) -> int:
        """Give classes to spectra.

        Parameters
        ----------
        label_set : str
            Id.
        labels : mapping of int to str
            Number of a spectrum (``row`` of an item of a queue) to its class.
        queue : str
            Id of the queue in which they were shown.
        comment : str
            Of each.

        Returns
        -------
        int
            How many were stored.

        Raises
        ------
        HugginsError
            If one is rejected; ``problem["rejected"]`` has each with the reason, the others are stored.
        """
        return self._run(learning.give_labels(label_set, labels, queue, comment))

    def current_labels(self, label_set: str) -> dict[int, str]:
        """Return the agreed and decided classes by the numbers of the spectra."""
        return self._run(learning.current_labels(label_set))

    def label_version(self, label_set: str, note: str = "") -> str:
        """Make a version of the labels as they are; a training names its id as ``label_version``."""
        return self._run(learning.label_version(label_set, note))

    def new_queue(self, label_set: str, **wanted: Any) -> str:
        """Make a queue of a label set, and return its id.

        Parameters
        ----------
        label_set : str
            Id.
        **wanted : object
            Fields of the API: ``kind``, ``rows``, ``unlabelled``, ``shuffled``, ``copies``.
        """
        return self._run(learning.new_queue(label_set, wanted))

    def take(self, label_set: str, queue: str, count: int = 10) -> list[dict[str, Any]]:
        """Take the next spectra of a queue: ``row``, ``number``, ``name`` and ``opinion`` of each."""
        return self._run(learning.take(label_set, queue, count))

    def sessions(self, words: str = "") -> list[Session]:
        """List learning sessions."""
        return self._run(learning.sessions(words))

    def new_session(
        self, name: str, dataset: str, classes: Sequence[str], targets: Sequence[str], **settings: Any
    ) -> Session:
        """Create a session, and begin its first round.

        Parameters
        ----------
        name : str
            For people.
        dataset : str
            Id of the pool.
        classes, targets : sequence of str
            What a spectrum can be, and the classes that are searched for.
        **settings : object
            Further fields of the API, such as ``module``, ``parameters``, ``strategy``, ``batch``, ``start``.

        Raises
        ------
        HugginsError
            If it cannot be run; ``problem["errors"]`` says why by field.
        """
        return self._run(learning.new_session(name, dataset, classes, targets, settings))

    def session(self, identifier: str) -> Session:
        """Return a session with its rounds."""
        return self._run(learning.session(identifier))

    def settled(self, session: str, *, timeout_s: float | None = None) -> Session:
        """Wait until the last round has selected its spectra.

        Parameters
        ----------
        session : str
            Id.
        timeout_s : float, optional
            Seconds to wait at most; None: no limit.

        Raises
        ------
        HugginsError
            If the round failed.
        TimeoutError
            If it has not ended in time; it goes on.
        """
        return self._run(learning.settled(session, timeout_s))

    def batch(self, session: str, count: int = 50) -> list[dict[str, Any]]:
        """Take the next spectra of the last round, its samples after its batch; each names its ``queue``."""
        return self._run(learning.batch(session, count))

    def begin_round(self, session: str) -> Session:
        """Begin the next round with the labels that there are."""
        return self._run(learning.change(session, "rounds"))

    def restart_round(self, session: str, number: int) -> Session:
        """Run a round that failed once more, with the same labels."""
        return self._run(learning.change(session, f"rounds/{number}/restart"))

    def fork_session(self, session: str, number: int, name: str = "", **settings: Any) -> Session:
        """Make a session that goes on from a round with other settings; they are those of `new_session`."""
        body = {**settings, "name": name or None}
        return self._run(learning.change(session, f"rounds/{number}/fork", body))

    def change_session(self, session: str, **settings: Any) -> Session:
        """Change settings from the next round on."""
        return self._run(learning.change(session, "", settings))

    def close_session(self, session: str) -> Session:
        """Close a session: no round begins any more."""
        return self._run(learning.change(session, "close"))

    def reopen_session(self, session: str) -> Session:
        """Open a session again."""
        return self._run(learning.change(session, "reopen"))

    def candidates(self, session: str, number: int = 0) -> list[dict[str, Any]]:
        """Return the ranked list of a round; 0: of the last one that has a list."""
        return self._run(learning.candidates(session, number))
