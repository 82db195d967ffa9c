"""Load an experiment with flags of its own, build its graph and train it, inside the test."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from helper import tf
from helper.data import datasets
from helper.data.datasets import Dataset, Split
from helper.graph import model as graph
from helper.graph.fused import FusedSteps
from helper.graph.model import Model
from helper.training import cli

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
BATCH_SIZE = 20


def load(name: str, *arguments: str) -> ModuleType:
    """``experiments/<name>.py`` as if started with these flags. The one before loses its flags."""
    forget_flags()
    # absl knows the flags of a started script by its path, those of a module by its name.
    path = str(EXPERIMENTS / f"{name}.py")
    spec = importlib.util.spec_from_file_location(path, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path] = module
    spec.loader.exec_module(module)
    cli.FLAGS([path, *arguments])
    return module


def forget_flags() -> None:
    """Make room for the flags of another experiment."""
    for defined_by, defined in list(cli.FLAGS.flags_by_module_dict().items()):
        if defined_by == cli.__name__ or defined_by.endswith(".py"):
            for flag in list(defined):
                delattr(cli.FLAGS, flag.name)


def run(monkeypatch: Any, data: Dataset, name: str, *arguments: str) -> int:
    """The whole experiment on the given data, in this process; returns its exit code."""
    module = load(name, *arguments)
    monkeypatch.setattr(sys, "argv", [module.__file__, *arguments])
    monkeypatch.setattr(datasets, "load", lambda *_: data)
    return module.main([])


def small_data(classes: int = 10, examples: int = 60, side: int = 4) -> Dataset:
    """Random images whose brightest corner says a little about the class."""
    random = np.random.RandomState(0)

    def split(n: int) -> Split:
        labels = np.arange(n) % classes
        images = random.randint(0, 200, (n, side * side)).astype(np.uint8)
        images[np.arange(n), labels % (side * side)] += 55
        return Split(images, labels.astype(np.int64))

    return Dataset("small", split(examples), split(examples // 2), (side, side), classes, "00" * 32)


def build(module: ModuleType, data: Dataset, optimizer: Any = None, seed: int = 0) -> Model:
    optimizer = optimizer or tf.train.GradientDescentOptimizer(cli.FLAGS.learning_rate)
    return graph.build(module.build_graph, data.image_shape, data.num_classes, optimizer, seed)


def train(
    model: Model, data: Dataset, steps: int, boundaries: Sequence[int] = (), seed: int = 0
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Train fused steps from the initial weights; returns the variables and each step's metrics."""
    fused = FusedSteps(model, data.train, BATCH_SIZE, seed)
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        chunks = list(fused.run(session, 0, steps, boundaries))
        variables = {v.op.name: v for v in tf.global_variables()}
        history = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
        return session.run(variables), history
