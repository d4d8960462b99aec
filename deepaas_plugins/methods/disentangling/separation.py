"""The components of given velocities, by the solver that was asked for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import FourierSolver
from deepaas_plugins.methods.disentangling.solvers.wavelength import Separated, WavelengthSolver

FloatArray = npt.NDArray[np.float64]


def separate(composites: Composites, shifts: FloatArray, strengths: FloatArray, params: Json) -> Separated:
    """Solve for the components.

    Parameters
    ----------
    composites : Composites
        Spectra and weights.
    shifts, strengths : ndarray
        Of all components, shape (components, epochs).
    params : Json
        `solver` and `regularisation` of `TrainParameters`.
    """
    if params["solver"] == "wavelength":
        return WavelengthSolver(composites, params["regularisation"]).solve(shifts, strengths)
    solver = FourierSolver(composites, None, params["regularisation"], len(shifts))
    design = solver.design(shifts, strengths)
    solution = solver.solved(design)
    n = composites.flux.shape[1]
    left = solver.residuals(design, solution) / np.maximum(solver.roots, 1e-300)[:, None]
    residuals = np.fft.irfft(left, solver.size, axis=1)[:, :n]
    return Separated(
        solver.spectra(solution, n),
        np.where(composites.weights > 0, residuals, np.nan),
        float((composites.weights * residuals**2).sum()),
        solution.normal,
        np.broadcast_to(composites.epoch_weights.sum(), (len(shifts), n)).copy(),
        1,
    )
