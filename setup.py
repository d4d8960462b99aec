"""Packs the folders that are not Python into the packages that read them; see pyproject.toml for all else."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

#: Folder of the checkout, and where it lies in the wheel: dashboard/base/bundled.py and
#: launchers/slurm/script.py find it there.
BUNDLED = {
    "templates/html": "dashboard/bundled/templates/html",
    "templates/module": "dashboard/bundled/templates/module",
    "templates/systemd": "dashboard/bundled/templates/systemd",
    "templates/slurm": "launchers/bundled/templates/slurm",
    "modules": "dashboard/bundled/modules",
    "docs": "dashboard/bundled/docs",
}


class BuildWithFolders(build_py):
    """Copies the folders after the modules; an editable install reads those of the checkout."""

    def run(self) -> None:
        """Build the packages with their folders."""
        super().run()
        if self.editable_mode:
            return
        for source, target in BUNDLED.items():
            if Path(source).is_dir():
                shutil.copytree(source, Path(self.build_lib) / target, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithFolders})
