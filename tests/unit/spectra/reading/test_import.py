import subprocess
import sys
from importlib import import_module

from spectra import FORMATS


def test_importing_spectra_and_its_readers_loads_nothing_heavy() -> None:
    code = (
        "import sys, spectra; spectra.read; "
        "print([name for name in ('astropy', 'specutils', 'pyarrow', 'scipy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_format_says_how_it_is_recognised_and_has_its_reader() -> None:
    for name, form in FORMATS.items():
        module, _, function = form.reader.partition(":")
        assert callable(getattr(import_module(f"spectra.reading.{module}"), function))
        assert form.name == name
        assert form.title
        assert form.recognised
