"""JAX: one compiled ``lax.scan`` over many steps, as in JAX's own documentation of fast loops."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from helper.data.datasets import Dataset
from scripts.benchmarks.task import (
    NETWORKS,
    History,
    Network,
    Task,
    Train,
    initial_weights,
    targets,
)


def prepare(task: Task, data: Dataset) -> Train:
    """The data stays in memory as uint8; each step of the scan gathers its batch.

    Gathering uint8 was faster than gathering float32. The parameters are donated, so that they are
    updated in place. Each turn is one call: the permutations of its epochs, then the scan.
    """
    network = NETWORKS[task.network]
    if network.optimizer != "sgd":
        raise NotImplementedError("written for SGD only")
    images = jnp.asarray(data.train.images)
    labels = jnp.asarray(targets(network, data.train).astype(np.int32))
    layers = initial_weights(network, images.shape[1], task.seed)
    parameters = [(jnp.array(weights), jnp.array(bias)) for weights, bias in layers]
    key = jax.random.key(task.seed)
    run = functools.partial(jax.jit, static_argnums=4, donate_argnums=0)(
        functools.partial(_turn, network, task.batch_size)
    )

    def train(steps: int) -> History:
        nonlocal parameters, key
        key, this_turn = jax.random.split(key)
        parameters, (losses, accuracies) = run(parameters, images, labels, this_turn, steps)
        return History(np.asarray(losses), np.asarray(accuracies))

    return train


def _turn(
    network: Network,
    batch_size: int,
    parameters: Any,
    images: Any,
    labels: Any,
    key: Any,
    steps: int,
) -> tuple[Any, tuple[Any, Any]]:
    """The parameters after the steps, and each step's loss and accuracy: float32 [steps]."""
    per_epoch = len(labels) // batch_size
    epochs = -(-steps // per_epoch)
    orders = [
        jax.random.permutation(epoch_key, len(labels))[: per_epoch * batch_size]
        for epoch_key in jax.random.split(key, epochs)
    ]
    batches = jnp.concatenate(orders).reshape(-1, batch_size)[:steps]
    gradients = jax.value_and_grad(functools.partial(_loss_and_accuracy, network), has_aux=True)

    def step(parameters: Any, batch: Any) -> tuple[Any, tuple[Any, Any]]:
        values, gradient = gradients(parameters, images[batch], labels[batch])
        rate = network.learning_rate
        return jax.tree.map(lambda p, g: p - rate * g, parameters, gradient), values

    return lax.scan(step, parameters, batches)


def _loss_and_accuracy(
    network: Network, parameters: Any, images: Any, labels: Any
) -> tuple[Any, Any]:
    x = images.astype(jnp.float32) / 255
    activation = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[network.activation]
    for weights, bias in parameters[:-1]:
        x = activation(x @ weights + bias)
    weights, bias = parameters[-1]
    logits = x @ weights + bias
    if network.outputs == 1:
        z = logits[:, 0]
        losses = jax.nn.softplus(z) - labels * z  # cross-entropy of sigmoid(z)
        return jnp.mean(losses), jnp.mean((z > 0) == (labels > 0))
    scores = jax.nn.log_sigmoid(logits) if network.output == "sigmoid" else logits
    log_probabilities = jax.nn.log_softmax(scores)
    losses = -jnp.take_along_axis(log_probabilities, labels[:, None], axis=1)
    return jnp.mean(losses), jnp.mean(jnp.argmax(logits, axis=1) == labels)
