"""The task of every contestant, so that all of them compute the same thing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helper.data.datasets import Split

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Network:
    """A stack of dense layers, all but the last followed by the activation.

    experiment, flags: the file in ``experiments/`` that builds it, and its flags.
    hidden: widths of the hidden layers. outputs: logits; a single one is logistic regression.
    weights: standard deviation of the initial weights, or "glorot"; biases start at 0.
    output: "softmax", or "sigmoid": ten sigmoid outputs normalized to sum to 1.
    optimizer: "sgd" or "adam", with the framework's own defaults except for the learning rate.
    scale: what pixels are divided by. dropout: share of the readout's inputs that is dropped.
    compiled: whether this project's rule compiles the loop.
    batch_size: as in the experiment or its preset.
    turn: steps at a time, about a second for the slower contestants.
    """

    title: str
    experiment: str
    hidden: tuple[int, ...] = ()
    outputs: int = 10
    weights: float | str = 0.0
    activation: str = "sigmoid"
    output: str = "softmax"
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    scale: float = 255.0
    dropout: float = 0.0
    compiled: bool = False
    batch_size: int = 100
    turn: int = 3000
    flags: tuple[str, ...] = ()


NETWORKS = {
    "softmax": Network("softmax regression, 784 → 10", "softmax"),
    "logistic": Network("logistic regression, 784 → 1", "logistic", outputs=1, weights="glorot"),
    "hidden_layer": Network(
        "hidden layer, 784 → 625 sigmoid → 10",
        "hidden_layer",
        (625,),
        weights=0.05,
        compiled=True,
        turn=1200,
    ),
    "s0": Network(
        "S0, 784 → 200 ReLU → 10, Adam",
        "mlp",
        (200,),
        weights="glorot",
        activation="relu",
        output="sigmoid",
        optimizer="adam",
        learning_rate=0.001,
        compiled=True,
        turn=1200,
        flags=(f"--flagfile={ROOT / 'experiments/presets/s0_relu_adam.flags'}",),
    ),
    "s3": Network(
        "S3, 784 → 256 → 128 sigmoid → dropout 0.5 → 10, raw pixels",
        "mlp",
        (256, 128),
        weights="glorot",
        scale=1.0,
        dropout=0.5,
        compiled=True,
        batch_size=500,
        turn=400,
        flags=(f"--flagfile={ROOT / 'experiments/presets/s3_dropout.flags'}",),
    ),
}

# The digit that logistic regression distinguishes from the rest, as in experiments/logistic.py.
DIGIT = 1


@dataclass(frozen=True)
class Task:
    """The task of one worker process.

    turns: how many turns it will get. turn: the steps of each.
    """

    network: str
    turn: int
    turns: int
    batch_size: int = 100
    seed: int = 0
    dataset: str = "mnist"
    data_dir: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class History(NamedTuple):
    """Loss and accuracy of every step, before its update: float32 [steps] each.

    seconds: the time of the steps, if it is not simply that of the call.
    """

    losses: np.ndarray
    accuracies: np.ndarray
    seconds: float | None = None


# Trains this many more steps.
Train = Callable[[int], History]


def matmul_shapes(network: Network, batch_size: int, pixels: int) -> list[tuple[int, int, int]]:
    """The matrix products (m, k, n): [m, k] × [k, n] → [m, n], of one training step.

    A layer multiplies its inputs by its weights (forward), the inputs by the gradient of its
    outputs (gradient of the weights), and, unless it is the first, the gradient of its outputs by
    its weights (gradient of its inputs, which the images do not need).
    """
    widths = [pixels, *network.hidden, network.outputs]
    shapes = []
    for number, (inputs, outputs) in enumerate(zip(widths, widths[1:], strict=False)):
        shapes.append((batch_size, inputs, outputs))
        shapes.append((inputs, batch_size, outputs))
        if number:
            shapes.append((batch_size, outputs, inputs))
    return shapes


def step_flops(network: Network, batch_size: int, pixels: int) -> int:
    """Floating-point operations of the matrix products of one step: 2·m·k·n for each.

    That is 2·batch·inputs·outputs·(2 for the first layer, 3 for any other), summed over layers:
    200 million for the hidden layer and 100 images. Activations, the loss and the update are left
    out: they grow with the number of units or weights, not with weights times batch size.
    """
    return sum(2 * math.prod(shape) for shape in matmul_shapes(network, batch_size, pixels))


def initial_weights(
    network: Network, pixels: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights [inputs, outputs] and biases [outputs] of every layer, float32."""
    random = np.random.default_rng(seed)
    widths = [pixels, *network.hidden, network.outputs]
    layers = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        if isinstance(network.weights, str):  # "glorot"
            limit = math.sqrt(6 / (inputs + outputs))
            weights = random.uniform(-limit, limit, (inputs, outputs))
        else:
            weights = random.normal(0, network.weights, (inputs, outputs))
        layers.append((weights.astype(np.float32), np.zeros(outputs, np.float32)))
    return layers


def targets(network: Network, split: Split) -> np.ndarray:
    """The labels that this network needs, int64 [n]: digits, or 1 for one digit, else 0."""
    return (split.labels == DIGIT).astype(np.int64) if network.outputs == 1 else split.labels
