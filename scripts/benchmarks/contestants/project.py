"""This project: the experiment's own graph, in the loop that a run trains with."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import numpy as np

from helper.data.datasets import Dataset
from helper.graph import compiling
from helper.graph import model as graph
from helper.tensorflow_v1 import tf
from helper.training import cli
from scripts.benchmarks.task import NETWORKS, History, Task, Train


def prepare(task: Task, data: Dataset) -> Train:
    """With the flags of the experiment or its preset: compiled or not by the rule."""
    return _prepare(task, data)


def prepare_xla(task: Task, data: Dataset) -> Train:
    """With the loop compiled."""
    return _prepare(task, data, "--xla")


def prepare_noxla(task: Task, data: Dataset) -> Train:
    """With the loop not compiled."""
    return _prepare(task, data, "--noxla")


def _prepare(task: Task, data: Dataset, *more_flags: str) -> Train:
    """One loop over all turns. As in a run, the pipeline prepares one superbatch ahead."""
    network = NETWORKS[task.network]
    experiment = importlib.import_module(f"experiments.{network.experiment}")
    cli.FLAGS([f"{network.experiment}.py", *network.flags, *more_flags])
    optimizers = {"sgd": tf.train.GradientDescentOptimizer, "adam": tf.train.AdamOptimizer}
    model = graph.build(
        experiment.build_graph,
        data.image_shape,
        data.num_classes,
        optimizers[network.optimizer](network.learning_rate),
        task.seed,
    )
    session = model.session()
    with model.graph.as_default():
        session.run(tf.global_variables_initializer())
    steps = compiling.loop(session, model, data.train, task.batch_size, task.seed, cli.FLAGS.xla)
    chunks = steps.run(session, 0, task.turn * task.turns, [task.turn])

    def train(count: int) -> History:
        taken = list(_take(chunks, count))
        losses = np.concatenate([chunk["loss"] for chunk in taken])
        return History(losses, np.concatenate([chunk["accuracy"] for chunk in taken]))

    return train


def _take(chunks: Iterator[dict[str, np.ndarray]], count: int) -> Iterator[dict[str, np.ndarray]]:
    """The next chunks, ``count`` steps in all; no chunk reaches beyond the end of a turn."""
    while count:
        chunk = next(chunks)
        count -= len(chunk["loss"])
        yield chunk
