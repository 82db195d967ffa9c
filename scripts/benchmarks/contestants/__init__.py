"""One module for each way of training the same network; a table says what each one needs.

Each has a function that takes a ``Task`` and a ``Dataset`` and returns a ``Train`` function.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contestant:
    """title: its name in the table. place: module and function. package: must be installed.

    peer: another framework, which takes part only on request. environment: of its process.
    """

    title: str
    place: str
    package: str = "tensorflow"
    peer: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    def installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None

    def prepare(self) -> Callable[..., Any]:
        """The function, importing its framework."""
        module, function = self.place.split(":")
        return getattr(importlib.import_module(f"{__name__}.{module}"), function)


ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)
CONTESTANTS = {
    "project": Contestant("this project", "project:prepare"),
    "xla": Contestant("this project, --xla", "project:prepare_xla"),
    "noxla": Contestant("this project, --noxla", "project:prepare_noxla"),
    "fetch": Contestant("fetch-and-feed", "articles:prepare_fetch_and_feed"),
    "feed": Contestant("feed_dict", "articles:prepare_feed_dict"),
    "keras": Contestant("Keras fit", "keras_fit:prepare", "keras"),
    "eager": Contestant("PyTorch eager", "pytorch:prepare_eager", "torch", peer=True),
    "compile": Contestant("torch.compile", "pytorch:prepare_compiled", "torch", True),
    "jax": Contestant("JAX lax.scan", "jax_scan:prepare", "jax", True),
    "floor": Contestant("floor: matmuls", "matmul:prepare", environment=ONE_THREAD),
}
