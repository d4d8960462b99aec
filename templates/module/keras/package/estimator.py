"""A Keras network, saved as `.keras` and read in safe mode: no code of the file runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

SEED = 0


def network(columns: int, outputs: int) -> keras.Model:
    """Return the network; put yours in its place."""
    return keras.Sequential(
        [
            keras.layers.Input((columns, 1)),
            keras.layers.Conv1D(16, 7, strides=2, activation="relu"),
            keras.layers.Conv1D(32, 5, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(outputs, activation={{ '"linear"' if task == "Regression" else '"softmax"' }}),
        ]
    )


class Estimator:
    """The trained network."""

    def __init__(self, trained: keras.Model) -> None:
        self.trained = trained

    def outputs(self, flux: Any) -> Any:
        """Return the outputs of rows, shape (rows, outputs)."""
        found = self.trained.predict(np.asarray(flux)[..., None], verbose=0)
        return np.asarray(found, dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write the network."""
        self.trained.save(folder / "network.keras")

    @classmethod
    def load(cls, folder: Path) -> Estimator:
        """Return what `save` wrote."""
        return cls(keras.saving.load_model(folder / "network.keras", compile=False, safe_mode=True))


class Follow(keras.callbacks.Callback):
    """Reports epochs, and stops where the run is cancelled."""

    def __init__(self, run: Any, epochs: int) -> None:
        super().__init__()
        self.run, self.epochs = run, epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report an epoch."""
        del logs
        self.run.stop_if_cancelled()
        self.run.progress(epoch + 1, self.epochs, "fit")


def fit(flux: Any, target: Any, params: dict[str, Any], run: Any, checkpoints: Any = None) -> Estimator:
    """Return a trained network; `checkpoints` are not used yet."""
    del checkpoints
    keras.utils.set_random_seed(SEED)
    built = network(flux.shape[1], target.shape[1])
    loss = {{ '"mse"' if task == "Regression" else '"categorical_crossentropy"' }}
    built.compile(keras.optimizers.Adam(params["learning_rate"]), loss)
    follow = Follow(run, params["epochs"])
    rows, wanted = np.asarray(flux)[..., None], np.asarray(target, dtype=np.float32)
    built.fit(rows, wanted, epochs=params["epochs"], batch_size=16, verbose=0, callbacks=[follow])
    return Estimator(built)
