"""What cannot be used counts too: a request has a bounded number of spectra and of rejections."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepaas_plugins.serve.worker.method_batch import PredictCall, TooManySpectra


def test_rejections_are_as_many_as_spectra_may_be(tmp_path: Path) -> None:
    call = PredictCall([], {}, spectra_too=False, accept=None, folder=tmp_path, most=3)
    for _ in range(2):  # a batch that failed is repeated
        for number in range(3):
            call.rejected.append({"name": str(number), "reason": "the file is empty"})
        with pytest.raises(TooManySpectra, match="more than 3 spectra"):
            call.rejected.append({"name": "3", "reason": "the file is empty"})
        call.clear()
        assert call.rejected == []
