"""A launcher without a real node: commands are scripts, and tests decide when they end.

`FakeNode` holds the state and outlives a `FakeLauncher`, so that a restart of the platform is a second
launcher on the same node::

    node = FakeNode()
    launcher = FakeLauncher(node)
    handle = await launcher.start(spec)
    node.finish(spec.name, 1, b"no such column")
    assert (await FakeLauncher(node).status(handle)).exit_code == 1

Start reading at `node`; `launcher` has the protocol's methods over it.
"""

from launchers.fake.launcher import FakeLauncher
from launchers.fake.node import FakeNode, FakeRun, Script

__all__ = ["FakeLauncher", "FakeNode", "FakeRun", "Script"]
