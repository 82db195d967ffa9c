"""A run's network, rebuilt from what the run wrote: the graph in its event file, a checkpoint.

Nothing else is needed, neither the experiment's source nor its flags. Each network has a graph and
a session of its own, so that one process can hold those of many runs of different experiments, and
eager execution elsewhere stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helper.errors import LabError, reason
from helper.runs import network_names
from helper.runs.listing import ListedRun
from helper.runs.record import Network
from helper.saving import checkpoints
from helper.saving.freezing import Frozen, freeze
from helper.saving.hidden_layer import last_hidden
from helper.saving.operations import TooLarge
from helper.saving.rebuilding import Variable, leaving, node_name, rebuild
from helper.tensorflow_v1 import tf

# As many as in an evaluation, where memory allows that. Fewer are filled up, but for a single one:
# the graph is made anew for each number of images, since what it takes must be known beforehand.
_BATCH = 1000

Report = Callable[[str], None]
_Function = Callable[[np.ndarray], list[np.ndarray]]


class Answers(NamedTuple):
    """What a network says of n images: predictions int64 [n], the classes; probabilities float32
    [n, classes], or None where the experiment gives none."""

    predictions: np.ndarray
    probabilities: np.ndarray | None


def load(run: ListedRun, best: bool = False, report: Report = lambda _: None) -> LoadedNetwork:
    """The network of a run, with the weights of its newest good checkpoint, or of its best.

    report: called with a line for each checkpoint that is damaged and passed over.
    Raises LabError, in one line, where there is none, or none that may be run.
    """
    network = LoadedNetwork(run, *network_names.find(run))
    try:
        network.restore(best, report)
    except BaseException:
        network.close()
        raise
    return network


class LoadedNetwork:
    """A network that answers, in one thread at a time.

    record: its run's. step: how many steps it was trained. batch: how many images it computes at
    once; fewer after it was given some whose tensors would be too large.
    """

    def __init__(self, run: ListedRun, graph_def: Any, where: Network) -> None:
        """As ``network_names.find`` gives it."""
        assert run.record and run.record.data
        self.record = run.record
        self.step = 0
        self._run, self._where = run, where
        # TensorBoard has a copy of the protocol buffers, which TensorFlow does not take.
        self._graph_def = tf.GraphDef.FromString(graph_def.SerializeToString())
        self.batch = _BATCH
        self._pixels = math.prod(run.record.data.image_shape)
        self._variables: dict[str, Variable] = {}
        self._functions: dict[tuple[tuple[str, ...], str, int], _Function] = {}
        self._graph = tf.Graph()
        # As in `Model.session`: the calling thread goes from node to node.
        config = tf.ConfigProto(inter_op_parallelism_threads=-1)
        self._session = tf.Session(graph=self._graph, config=config)

    def __enter__(self) -> LoadedNetwork:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back."""
        self._session.close()

    def restore(self, best: bool, report: Report) -> None:
        """Take the weights of the newest good checkpoint, or of the best."""
        self._function(self._answers, self._where.images, 1)  # makes the variables
        shapes = {
            name: (variable.shape.as_list(), variable.dtype.as_numpy_dtype)
            for name, variable in self._variables.items()
        }
        for last_try in (False, True):
            found = checkpoints.newest(self._run.path, self.record.id, shapes, report, best)
            if found is None:
                raise LabError(
                    f"{self._run.name} ({self._run.status}) has no checkpoint to predict with"
                )
            try:
                self._assign(tf.train.load_checkpoint(str(found.prefix)))
                self.step = found.step
                return
            except (tf.errors.OpError, ValueError) as error:
                # The process that trains a run removes its older checkpoints.
                if last_try:
                    raise LabError(f"checkpoint {found.prefix}: {reason(error)}") from None

    def _assign(self, reader: Any) -> None:
        assignments, values = [], {}
        with self._graph.as_default():
            for name, (handle, shape, dtype) in self._variables.items():
                value = tf.placeholder(dtype, shape)
                assignments.append(tf.raw_ops.AssignVariableOp(resource=handle, value=value))
                values[value] = reader.get_tensor(name)
            self._session.run(assignments, values)

    def answer(self, images: np.ndarray) -> Answers:
        """What the network says of images, uint8 [n, pixels]. Raises LabError."""
        if images.shape[1:] != (self._pixels,):
            pixels = math.prod(images.shape[1:])
            raise LabError(f"{self._run.name} takes images of {self._pixels} pixels, not {pixels}")
        values = self._compute(self._answers, self._where.images, images)
        predictions = values.get(self._answers[0])
        if predictions is None or predictions.ndim != 1 or predictions.dtype.kind not in "iub":
            raise LabError(f"{self._run.name} does not say one class of each image")
        predictions = predictions.astype(np.int64)
        if self._where.probabilities is None:
            return Answers(predictions, None)
        probabilities = values.get(self._where.probabilities, np.zeros(0, np.float32))
        classes = probabilities.shape[1] if probabilities.ndim == 2 else 0
        if not np.all((predictions >= 0) & (predictions < classes)):
            raise LabError(f"{self._run.name} says a class to which it gives no probability")
        return Answers(predictions, probabilities)

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """What the predictions should be, int64 [n], where the data's labels are these, int64 [n].

        Raises LabError.
        """
        if self._where.targets is None:
            return labels.astype(np.int64)
        values = self._compute((self._where.targets,), self._where.labels, labels)
        if self._where.targets not in values:
            raise LabError(f"{self._run.name} does not have one target for each label")
        return values[self._where.targets].astype(np.int64)

    def activations(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """The tensors that leave each top-level scope on their way from the images to the answers.

        images: uint8 [n, pixels]. Returns floating-point arrays [n, …] by the tensors' names, in
        the order in which they are computed. Raises LabError.
        """
        names = leaving(self._graph_def, self._answers, node_name(self._where.images))
        values = self._compute(tuple(names), self._where.images, images)
        return {
            name.removesuffix(":0"): value
            for name, value in values.items()
            if value.dtype.kind == "f"
        }

    def last_hidden(self, images: np.ndarray) -> tuple[str, np.ndarray] | None:
        """The activations of the last hidden layer: what the last weights are multiplied with.

        images: uint8 [n, pixels]. Returns their tensor's name, and float32 [n, features], or None
        if they are the pixels, perhaps scaled. Raises LabError.
        """
        layer = last_hidden(self._graph_def, self._answers, node_name(self._where.images))
        if layer is None:
            return None
        values = self._compute((layer.name,), self._where.images, images).get(layer.name)
        if values is None:
            raise LabError(f"{self._run.name}: {layer.name} does not have a row for each image")
        values = values.reshape(len(values), -1).astype(np.float32)
        if not layer.learned and values.shape[1] == self._pixels:
            return None
        return layer.name.removesuffix(":0"), values

    def frozen(self) -> Frozen:
        """What ``answer`` computes as a graph by itself. Raises LabError."""
        images, tensors = self._built(self._answers, self._where.images, 1)
        try:
            return freeze(self._session, images, tensors)
        except (tf.errors.OpError, ValueError) as error:
            raise LabError(f"{self._run.name} cannot be frozen: {reason(error)}") from None

    @property
    def _answers(self) -> tuple[str, ...]:
        """The names of the tensors that ``answer`` computes: the predictions first."""
        names = self._where.predictions, self._where.probabilities
        return tuple(name for name in names if name is not None)

    def _compute(
        self, names: tuple[str, ...], given: str, examples: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Those of the tensors that have a value for each example: [n, …], by their names.

        given: the tensor that takes the examples.
        """
        batch, function = self._chosen(names, given, len(examples))
        pieces: dict[str, list[np.ndarray]] = {}
        for start in range(0, max(len(examples), 1), batch):
            piece = examples[start : start + batch]
            padding = np.zeros((batch - len(piece), *piece.shape[1:]), piece.dtype)
            try:
                values = function(np.concatenate([piece, padding]))
            except (tf.errors.OpError, ValueError) as error:
                raise LabError(f"{self._run.name}: {reason(error)}") from None
            for name, value in zip(names, values, strict=True):
                if value.shape[:1] == (batch,):
                    pieces.setdefault(name, []).append(value[: len(piece)])
        return {name: np.concatenate(values) for name, values in pieces.items()}

    def _chosen(self, names: tuple[str, ...], given: str, number: int) -> tuple[int, _Function]:
        """A number of examples to compute at once, and the function that does."""
        batch = 1 if number == 1 else self.batch
        while True:
            try:
                return batch, self._function(names, given, batch)
            except TooLarge:
                if batch == 1:
                    raise
                batch = self.batch = batch // 10

    def _function(self, names: tuple[str, ...], given: str, batch: int) -> _Function:
        """What computes these tensors for so many examples."""
        key = (names, given, batch)
        if key not in self._functions:
            examples, tensors = self._built(names, given, batch)
            self._functions[key] = self._session.make_callable(tensors, [examples])
        return self._functions[key]

    def _built(self, names: tuple[str, ...], given: str, batch: int) -> tuple[Any, list[Any]]:
        """A placeholder for so many examples, and the tensors that are computed from it."""
        with self._graph.as_default():
            if given == self._where.images:
                examples = tf.placeholder(tf.uint8, [batch, self._pixels])
            else:
                examples = tf.placeholder(tf.int64, [batch])
            inputs = {node_name(given): examples}
            try:
                return examples, rebuild(self._graph_def, names, inputs, self._variables)
            except LabError as error:
                raise type(error)(f"{self._run.name}: {error}") from None
