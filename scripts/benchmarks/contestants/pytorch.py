"""PyTorch: eager, and the whole step through ``torch.compile``.

The data stays in memory as uint8 and is reshuffled for each epoch; batches are gathered by their
indices. A ``DataLoader`` would cost more than the step itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn import functional

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

# images and labels of a batch → loss and accuracy, with one update
_Step = Callable[[Any, Any], tuple[Any, Any]]


def prepare_eager(task: Task, data: Dataset) -> Train:
    """``torch.nn.Module``, ``backward`` and ``torch.optim``: what the tutorials teach."""
    network = NETWORKS[task.network]
    activation = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}[network.activation]
    layers: list[torch.nn.Module] = []
    for weights, bias in initial_weights(network, data.train.images.shape[1], task.seed):
        if layers:
            layers.append(activation())
        layers.append(torch.nn.Linear(*weights.shape))
        layers[-1].load_state_dict(
            {"weight": torch.from_numpy(weights.T), "bias": torch.from_numpy(bias)}
        )
    if network.dropout:
        layers.insert(-1, torch.nn.Dropout(network.dropout))
    model = torch.nn.Sequential(*layers)
    optimizers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    optimizer = optimizers[network.optimizer](model.parameters(), network.learning_rate)

    def step(images: Any, labels: Any) -> tuple[Any, Any]:
        optimizer.zero_grad()
        logits = model(images.float() / network.scale)
        loss = _loss(network, logits, labels)
        loss.backward()
        optimizer.step()
        return loss.detach(), _accuracy(network, logits, labels)

    return _loop(task, data, step)


def prepare_compiled(task: Task, data: Dataset) -> Train:
    """Forward, backward and update in one compiled function.

    Uses ``torch.func``, which was faster here than compiling the model or the eager step.
    """
    network = NETWORKS[task.network]
    parameters = [
        torch.from_numpy(array)
        for weights, bias in initial_weights(network, data.train.images.shape[1], task.seed)
        for array in (weights.T.copy(), bias)
    ]

    def forward(parameters: list[Any], images: Any, labels: Any) -> tuple[Any, Any]:
        x = images.float() / network.scale
        for number in range(0, len(parameters), 2):
            if number:
                x = torch.sigmoid(x) if network.activation == "sigmoid" else torch.relu(x)
            if network.dropout and number == len(parameters) - 2:
                x = functional.dropout(x, network.dropout)
            x = functional.linear(x, parameters[number], parameters[number + 1])
        return _loss(network, x, labels), _accuracy(network, x, labels)

    adam = _Adam(parameters, network.learning_rate) if network.optimizer == "adam" else None

    @torch.compile
    @torch.no_grad()
    def step(images: Any, labels: Any) -> tuple[Any, Any]:
        value_and_gradients = torch.func.grad_and_value(forward, has_aux=True)
        gradients, (loss, accuracy) = value_and_gradients(parameters, images, labels)
        if adam is not None:
            adam.update(parameters, gradients)
        else:
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=network.learning_rate)
        return loss, accuracy

    return _loop(task, data, step)


class _Adam:
    """Adam as in Kingma & Ba 2015, section 2, in the order of operations of its last paragraph."""

    def __init__(self, parameters: list[Any], rate: float) -> None:
        self._rate = rate
        self._means = [torch.zeros_like(p) for p in parameters]
        self._squares = [torch.zeros_like(p) for p in parameters]
        self._powers = torch.ones(2)
        self._decays = torch.tensor([0.9, 0.999])

    def update(self, parameters: list[Any], gradients: Any) -> None:
        self._powers.mul_(self._decays)
        rate = self._rate * torch.sqrt(1 - self._powers[1]) / (1 - self._powers[0])
        for p, g, m, v in zip(parameters, gradients, self._means, self._squares, strict=True):
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).add_(g * g, alpha=0.001)
            p.sub_(rate * m / (torch.sqrt(v) + 1e-8))


def _loop(task: Task, data: Dataset, step: _Step) -> Train:
    images = torch.from_numpy(data.train.images)
    labels = torch.from_numpy(targets(NETWORKS[task.network], data.train))
    torch.manual_seed(task.seed)
    batches = _batches(len(labels), task.batch_size)

    def train(steps: int) -> History:
        losses, accuracies = torch.empty(steps), torch.empty(steps)
        for number in range(steps):
            chosen = next(batches)
            losses[number], accuracies[number] = step(images[chosen], labels[chosen])
        return History(losses.numpy(), accuracies.numpy())

    return train


def _batches(examples: int, batch_size: int) -> Iterator[Any]:
    """Indices of the examples of each batch, epoch after epoch; an incomplete batch is left out."""
    while True:
        order = torch.randperm(examples)
        for start in range(0, examples - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def _loss(network: Network, logits: Any, labels: Any) -> Any:
    if network.outputs == 1:
        return functional.binary_cross_entropy_with_logits(logits.squeeze(1), labels.float())
    scores = functional.logsigmoid(logits) if network.output == "sigmoid" else logits
    return functional.cross_entropy(scores, labels)


def _accuracy(network: Network, logits: Any, labels: Any) -> Any:
    predictions = logits.squeeze(1) > 0 if network.outputs == 1 else logits.argmax(1)
    return (predictions == labels).float().mean()
