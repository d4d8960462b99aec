"""The contract of a module, for real: it describes itself, trains, stops, goes on, predicts and serves."""

from __future__ import annotations

from pathlib import Path

from dashboard.modules.describe import DescriptionFailed, ask
from dashboard.publishing.check.contract import answers, plain, training
from dashboard.publishing.check.contract.bench import OWNER
from dashboard.publishing.check.contract.session import Session, StepFailed
from dashboard.publishing.finding import warning
from launchers import Mount

TESTS_S = 600
#: Runs the tests by pytest where the image has it, else by the standard library.
TESTS = """
import importlib.util, sys, unittest
if importlib.util.find_spec("pytest"):
    import pytest
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[1]]))
found = unittest.defaultTestLoader.discover(sys.argv[1], "test_*.py")
result = unittest.TextTestRunner(verbosity=1).run(found)
sys.exit(0 if result.wasSuccessful() else 1)
"""


async def check(session: Session, *, whole: bool = True) -> None:
    """Run the steps on one node; what is wrong goes into the report.

    Parameters
    ----------
    session : Session
        The module on the node.
    whole : bool
        Also what does not depend on the node: repeating, stopping, going on, the tests.
    """
    try:
        if session.module.entry == "deepaas":
            with session.step("data"):
                await session.make_data()
            await plain.check(session)
            if whole:
                await run_tests(session)
        else:
            await _method(session, whole=whole)
    except StepFailed:
        return


async def _method(session: Session, *, whole: bool) -> None:
    with session.step("describe"):
        await describe(session)
    with session.step("data"):
        await session.make_data()
    with session.step("train"):
        trained = await training.train(session)
    with session.step("predict"):
        await answers.predict(session, trained)
    with session.step("serve"):
        await answers.serve(session, trained)
    if not whole:
        return
    with session.step("repeat"):
        await training.repeat(session, trained)
    with session.step("cancel"):
        stopped = await training.stop(session, trained)
    with session.step("resume"):
        await training.resume(session, trained, stopped)
    await run_tests(session)


async def describe(session: Session) -> None:
    """Ask the image for the module's parameters."""
    name, bench = session.module.name, session.bench
    try:
        found = await ask(bench.launcher, bench.image, name, session.describe_s, OWNER, env=bench.env)
    except DescriptionFailed as bad:
        code = "start.hangs" if bad.late else "describe.failed"
        mend = (
            "Import nothing that waits (network, locks, downloads) when the package is imported."
            if bad.late
            else f"Run `python -m deepaas_plugins.describe {name}` in the image, and mend what it says."
        )
        session.found(session.error(code, "describe", f"Its parameters cannot be read: {bad}.", mend))
        return
    if found.get("kind") != "huggins":
        what = "It is a plain DEEPaaS module, and its description says entry: batch."
        mend = "Write entry: deepaas, or let the entry point be plugin(Method)."
        session.found(session.error("describe.kind", "describe", what, mend))
    for parameter in (*found["train"], *found["predict"]):
        if not parameter.get("title") or not parameter.get("help"):
            what = f"The parameter {parameter['name']} has no title or no help for its form."
            mend = "Give its field metadata title and description."
            session.found(warning("describe.help", f"describe ({session.bench.kind})", what, mend))


async def run_tests(session: Session) -> None:
    """Run the module's own tests, where it has some."""
    if not any(path.startswith("tests/test_") for path in session.tree.sizes):
        return
    place = session.bench.place("tests")
    (place / "tests").mkdir()
    tests: Path = session.tree.folder / "tests"
    mounts = (Mount(place, "/job", read_only=False), Mount(tests, "/job/tests"))
    with session.step("tests"):
        ran = await session.bench.run(("python", "-c", TESTS, "/job/tests"), mounts, walltime_s=TESTS_S)
        if session.found(*session.limits("tests", ran, 2048, TESTS_S)) or ran.ok:
            return
        failed = [line.strip() for line in ran.output.splitlines() if line.startswith(("FAIL", "ERROR"))]
        what = f"The tests fail: {failed[0][:200] if failed else ran.last_line}."
        session.found(session.error("tests.failed", "tests", what, "Run them in the image, and mend them."))
