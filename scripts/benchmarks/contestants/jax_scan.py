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
    images = jnp.asarray(data.train.images)
    labels = jnp.asarray(targets(network, data.train).astype(np.int32))
    layers = initial_weights(network, images.shape[1], task.seed)
    parameters = [(jnp.array(weights), jnp.array(bias)) for weights, bias in layers]
    slots = _slots(network, parameters)
    key = jax.random.key(task.seed)
    run = functools.partial(jax.jit, static_argnums=5, donate_argnums=(0, 1))(
        functools.partial(_turn, network, task.batch_size)
    )

    def train(steps: int) -> History:
        nonlocal parameters, slots, key
        key, this_turn = jax.random.split(key)
        (parameters, slots), (losses, accuracies) = run(
            parameters, slots, images, labels, this_turn, steps
        )
        return History(np.asarray(losses), np.asarray(accuracies))

    return train


def _turn(
    network: Network,
    batch_size: int,
    parameters: Any,
    slots: Any,
    images: Any,
    labels: Any,
    key: Any,
    steps: int,
) -> tuple[Any, tuple[Any, Any]]:
    """Parameters and slots after the steps, and each step's loss and accuracy: float32 [steps]."""
    per_epoch = len(labels) // batch_size
    epochs = -(-steps // per_epoch)
    orders = [
        jax.random.permutation(epoch_key, len(labels))[: per_epoch * batch_size]
        for epoch_key in jax.random.split(key, epochs)
    ]
    batches = jnp.concatenate(orders).reshape(-1, batch_size)[:steps]
    gradients = jax.value_and_grad(functools.partial(_loss_and_accuracy, network), has_aux=True)

    def step(state: Any, inputs: Any) -> tuple[Any, tuple[Any, Any]]:
        (parameters, slots), (batch, step_key) = state, inputs
        values, gradient = gradients(parameters, images[batch], labels[batch], step_key)
        return _updated(network, parameters, slots, gradient), values

    step_keys = jax.random.split(key, steps) if network.dropout else None
    return lax.scan(step, (parameters, slots), (batches, step_keys))


def _slots(network: Network, parameters: Any) -> Any:
    """Adam's means of gradients and of their squares, and the powers of their decays."""
    if network.optimizer == "sgd":
        return ()
    zeros = functools.partial(jax.tree.map, jnp.zeros_like)
    return zeros(parameters), zeros(parameters), jnp.ones(2)


def _updated(network: Network, parameters: Any, slots: Any, gradient: Any) -> tuple[Any, Any]:
    """Parameters and slots after a step. Adam: Kingma & Ba 2015, section 2, last paragraph."""
    rate = network.learning_rate
    if network.optimizer == "sgd":
        return jax.tree.map(lambda p, g: p - rate * g, parameters, gradient), slots
    means, squares, powers = slots
    powers = powers * jnp.array([0.9, 0.999])
    means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, means, gradient)
    squares = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, squares, gradient)
    rate = rate * jnp.sqrt(1 - powers[1]) / (1 - powers[0])
    parameters = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), parameters, means, squares
    )
    return parameters, (means, squares, powers)


def _loss_and_accuracy(
    network: Network, parameters: Any, images: Any, labels: Any, key: Any
) -> tuple[Any, Any]:
    x = images.astype(jnp.float32) / network.scale
    activation = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[network.activation]
    for weights, bias in parameters[:-1]:
        x = activation(x @ weights + bias)
    if network.dropout:
        kept = jax.random.bernoulli(key, 1 - network.dropout, x.shape)
        x = jnp.where(kept, x / (1 - network.dropout), 0)
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
