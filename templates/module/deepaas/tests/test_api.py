"""Tests of the functions: run in the container by `huggins modules check`, or by `python -m unittest`."""

import tempfile
import types
import unittest
from pathlib import Path

from {{ package }} import api


class ApiTest(unittest.TestCase):
    """The functions answer what they promise."""

    def test_a_peak_stands_out(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("wavelength,flux\n" + "".join(f"{6500 + n},1.0\n" for n in range(50)) + "6600,9.0\n")
            file.flush()
            found = api.predict(types.SimpleNamespace(filename=file.name), threshold=3.0, most=5)
        self.assertEqual([point["wavelength"] for point in found["points"]], [6600.0])

    def test_metadata_name_the_module(self) -> None:
        self.assertEqual(api.get_metadata()["name"], "{{ name }}")


if __name__ == "__main__":
    unittest.main()
