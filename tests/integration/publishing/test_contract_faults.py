"""A fault that only shows when a module runs is found by the step that it concerns, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.publishing.check.contract import answers, contract, training
from dashboard.publishing.check.contract.jobs import Job
from dashboard.publishing.check.contract.session import Session, StepFailed
from dashboard.publishing.finding import Level
from tests.integration.publishing.conftest import Sessions


def plant(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text in a file of the module, which must be there."""
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), "utf-8")


def only(session: Session) -> tuple[str, str]:
    """Return code and text of the one error."""
    [found] = session.report.errors
    assert found.level is Level.ERROR
    assert found.mend
    return found.code, found.what


async def test_a_module_that_waits_when_it_is_imported(faulty: Path, sessions: Sessions) -> None:
    plant(faulty, "wiggles/__init__.py", "plugin = ", "import time\n\ntime.sleep(600)\nplugin = ")
    session = await sessions.open(faulty)
    session.describe_s = 6.0
    await contract.describe(session)
    assert only(session) == ("start.hangs", "Its parameters cannot be read: it did not answer within 6 s.")


async def test_a_module_that_cannot_be_imported(faulty: Path, sessions: Sessions) -> None:
    plant(faulty, "wiggles/__init__.py", "plugin = ", "import no_such_package\n\nplugin = ")
    session = await sessions.open(faulty)
    await contract.describe(session)
    code, what = only(session)
    assert code == "describe.failed"
    assert "no_such_package" in what


async def test_a_plain_module_that_says_it_is_a_method(faulty: Path, sessions: Sessions) -> None:
    plant(faulty, "wiggles/__init__.py", "plugin = _plugin(Method)", "plugin = object()")
    session = await sessions.open(faulty)
    await contract.describe(session)
    assert only(session)[0] == "describe.kind"


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "said"),
    [
        (
            "wiggles/training.py",
            "    data = of",
            "    raise ValueError('oh')\n    data = of",
            "train.failed",
            "ValueError",
        ),
        (
            "wiggles/training.py",
            "    data = of",
            "    import os\n\n    os._exit(3)\n    data = of",
            "train.no-exit",
            "",
        ),
        (
            "wiggles/training.py",
            "    data = of",
            "    print(dict(__import__('os').environ))\n    data = of",
            "logs.secret",
            "environment",
        ),
        (
            "wiggles/training.py",
            "    data = of",
            "    hold = bytearray(3 * 2**30)\n    hold[::4096] = b'x' * len(hold[::4096])\n    data = of",
            "resources.memory",
            "1024 MB",
        ),
        (
            "wiggles/training.py",
            "    data = of",
            "    while True:\n        run.stop_if_cancelled()\n    data = of",
            "resources.time",
            "within 12 s",
        ),
        (
            "wiggles/estimator.py",
            '        np.savez(folder / "weights.npz"',
            '        (folder / "weights.bin").write_bytes(__import__("pickle").dumps([1]))\n'
            '        np.savez(folder / "weights.npz"',
            "model.pickle",
            "weights.bin",
        ),
        (
            "wiggles/estimator.py",
            "scale=self.scale)",
            "scale=self.scale, extra=np.array([None, {}], dtype=object))",
            "model.pickle",
            "weights.npz",
        ),
    ],
    ids=["raises", "exits", "prints-secrets", "memory", "time", "pickle", "objects"],
)
async def test_a_training_that_goes_wrong(
    faulty: Path, sessions: Sessions, name: str, old: str, new: str, code: str, said: str
) -> None:
    plant(faulty, name, old, new)
    if code == "resources.time":
        plant(faulty, "examples/job.json", "300", "12")
    session = await sessions.open(faulty)
    await training.train(session)
    found, what = only(session)
    assert (found, said in what) == (code, True), what


async def test_a_training_that_gives_other_metrics_each_time(
    faulty: Path, sessions: Sessions, trained: tuple[Path, Job]
) -> None:
    plant(faulty, "wiggles/estimator.py", "np.zeros((inputs", "np.random.default_rng().normal(0, 9, (inputs")
    session = await sessions.open(faulty)
    await training.repeat(session, trained[1])
    assert only(session)[0] == "train.not-repeatable"


async def test_a_training_that_does_not_stop(
    faulty: Path, sessions: Sessions, trained: tuple[Path, Job]
) -> None:
    plant(
        faulty,
        "wiggles/estimator.py",
        "        run.stop_if_cancelled()\n",
        # Only the last fit is slow: it is the one that is stopped.
        "        __import__('time').sleep(0.3 if checkpoints is not None else 0.0)\n",
    )
    session = await sessions.open(faulty)
    await training.stop(session, trained[1])
    assert only(session)[0] == "cancel.ignored"


async def test_a_checkpoint_that_lacks_the_weights(faulty: Path, sessions: Sessions) -> None:
    plant(faulty, "wiggles/estimator.py", "weights, first = state", "_, first = state")
    plant(
        faulty,
        "wiggles/training.py",
        "    model = TrainedModel",
        "    run.metric('norm', float((estimator.weights**2).sum()))\n    model = TrainedModel",
    )
    session = await sessions.open(faulty)
    whole = await training.train(session)
    stopped = await training.stop(session, whole)
    await training.resume(session, whole, stopped)
    assert only(session)[0] == "resume.differs"


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (
            "dict(zip(self.classes, map(float, row), strict=True))",
            "dict.fromkeys(self.classes, float('nan'))",
            "predict.invalid",
            "nan",
        ),
        (
            "dict(zip(self.classes, map(float, row), strict=True))",
            "dict.fromkeys(self.classes, 0.9)",
            "predict.invalid",
            "sum to 2.7",
        ),
        (
            "        outputs = self",
            "        raise KeyError('weights')\n        outputs = self",
            "predict.failed",
            "weights",
        ),
    ],
    ids=["nan", "sum", "raises"],
)
async def test_answers_that_are_wrong(
    faulty: Path, sessions: Sessions, trained: tuple[Path, Job], old: str, new: str, code: str, said: str
) -> None:
    plant(faulty, "wiggles/model.py", old, new)
    session = await sessions.open(faulty)
    await answers.predict(session, trained[1])
    found, what = only(session)
    assert (found, said in what) == (code, True), what


async def test_a_server_that_does_not_answer_numbers(
    faulty: Path, sessions: Sessions, trained: tuple[Path, Job]
) -> None:
    plant(
        faulty,
        "wiggles/model.py",
        "outputs = self.estimator",
        "raise KeyError('weights')\n        outputs = self.estimator",
    )
    session = await sessions.open(faulty)
    await answers.serve(session, trained[1])
    assert only(session)[0] == "serve.answer"


async def test_tests_that_fail(faulty: Path, sessions: Sessions) -> None:
    plant(faulty, "tests/test_method.py", "0.9)", "1.1)")
    session = await sessions.open(faulty)
    with pytest.raises(StepFailed):
        await contract.run_tests(session)
    code, what = only(session)
    assert code == "tests.failed"
    assert "test_a_clear_difference_is_learned" in what


async def test_a_script_that_makes_no_data(faulty: Path, sessions: Sessions) -> None:
    plant(faulty, "examples/make_data.py", "    write_folder(folder, COUNT)", "    del folder")
    session = await sessions.open(faulty)
    await session.make_data()
    assert only(session)[0] == "example.maker"
