"""The Python client as it lies in the repository; its wheel is tried in `tests/integration/clients`."""

from __future__ import annotations

import sys

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "clients" / "python"))
