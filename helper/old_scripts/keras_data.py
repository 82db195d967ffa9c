"""``keras.datasets.mnist.load_data`` from the project's verified data, instead of a download."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helper.data.datasets import Dataset
from helper.old_scripts.import_hooks import Change


def changes(load: Callable[[], Dataset]) -> dict[str, Change]:
    """What is changed in the modules that hold it, in Keras of version 2 and 3."""

    def load_data(path: str = "mnist.npz") -> Any:
        data = load()
        return tuple(
            (split.images.reshape(-1, *data.image_shape), split.labels.astype(np.uint8))
            for split in (data.train, data.test)
        )

    def change(module: Any) -> None:
        module.load_data = load_data

    packages = ("tf_keras", "tf_keras.src", "keras.src")
    names = [f"{package}.datasets.mnist" for package in packages]
    return dict.fromkeys(names, change)
