"""Train an experiment: from its graph and its data to a finished run directory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helper.data.datasets import Dataset
from helper.errors import UsageError
from helper.graph import compiling, metrics, model, nodes
from helper.graph.evaluation import Observer
from helper.graph.model import BuildGraph, Model
from helper.pictures import observers as observers_of_a_run
from helper.recording.beginning import beginning
from helper.recording.run_writer import RunWriter
from helper.runs import directory
from helper.runs.evaluation_steps import early_steps
from helper.runs.record import Record, Status
from helper.runs.settings import Settings
from helper.saving import environment
from helper.saving.checkpoints import Checkpoints
from helper.signals import StopRequest
from helper.tensorflow_v1 import tf
from helper.training import console, continuing, starting
from helper.training.continuing import Launch
from helper.training.evaluating import Evaluations
from helper.training.loop import TrainingLoop
from helper.training.saves import Saves


def train(
    build_graph: BuildGraph,
    data: Dataset,
    optimizer: Any,
    settings: Settings,
    split_metrics: Mapping[str, Any] | None = None,
    observers: Sequence[Observer] | None = None,
) -> int:
    """Train, evaluate and record one run. Returns the program's exit code.

    split_metrics: metrics that are not means over examples, such as precision: for each a
        function of (predictions, labels), int64 [examples] each, bare or in a ``Metric``.
    observers: called at each evaluation, and yield summaries; by default they draw the first
        layer's weights and the confusion matrix. Those that flags ask for are added.
    Raises LabError if the settings do not fit the data, or the run directory cannot be made.
    """
    starting.check_batch_size(settings, data)
    built = model.build(build_graph, data.image_shape, data.num_classes, optimizer, settings.seed)
    record = _record(settings, data, built, split_metrics or {})
    with built.graph.as_default(), built.session() as session:
        with _enough_memory():
            session.run(tf.global_variables_initializer())
            fused = compiling.loop(
                session, built, data.train, settings.batch_size, settings.seed, settings.xla
            )
        settings = settings.with_xla(fused.xla)
        record.flags = dict(settings.flags)
        # Up to here a signal ends the program at once: there is nothing to save yet.
        with StopRequest() as stop:
            if settings.resume is None:
                run = directory.create(settings.logdir, settings.suffix, record)
                launch = Launch(run, Checkpoints(run))
            else:
                resumed = continuing.resume(settings, record, built, session)
                if resumed is None:
                    return 0
                launch = resumed
            console.layer_table(launch.run.record.parameters)
            resumed_at = launch.curves_end(settings)
            writer = RunWriter(launch.run, settings.flagfile, built.graph_def, resumed_at)
            for gap in launch.gaps:
                writer.note_fault(gap, gap)
            watching = observers_of_a_run.chosen(observers, settings, data.train)
            evaluations = Evaluations(
                session, built, data, writer, split_metrics or {}, watching, stop.is_set
            )
            saves = Saves(session, launch.checkpoints, writer, settings, stop, launch.step)
            loop = TrainingLoop(settings, launch, evaluations, saves, writer, stop)
            try:
                with _enough_memory():
                    loop.run(session, fused)
            finally:
                writer.close(loop.status, loop.step, loop.state.final, loop.state.seconds)
    console.costs(evaluations.costs, launch.run.record.seconds)
    console.result(launch.run.path, launch.run.record, writer.faults, loop.first_loss)
    if writer.faults:
        return 1
    return {Status.COMPLETED: 0, Status.INTERRUPTED: stop.exit_code}.get(loop.status, 1)


@contextlib.contextmanager
def _enough_memory() -> Iterator[None]:
    """Raise UsageError if TensorFlow runs out of memory."""
    try:
        yield
    except (tf.errors.ResourceExhaustedError, MemoryError):
        raise UsageError(
            "the model does not fit into memory; choose smaller layers, or a smaller --batch_size"
        ) from None


def _record(
    settings: Settings, data: Dataset, built: Model, split_metrics: Mapping[str, Any]
) -> Record:
    """What is known about a run before its first step."""
    lower_is_better = built.lower_is_better | metrics.directions(split_metrics)
    return beginning(
        settings.experiment,
        settings.argv,
        settings.flags,
        data,
        seed=settings.seed,
        steps=settings.steps,
        engine=environment.engine(),
        early_evaluations=early_steps(settings.eval_every),
        parameters=built.parameters(),
        parameter_count=built.parameter_count(),
        lower_is_better=lower_is_better,
        select_by=_select_by(settings.select_by, lower_is_better),
        network=nodes.network(built),
        graph_sha256=nodes.training_sha256(built.graph_def, nodes.training_outputs(built)),
    )


def _select_by(wanted: str, lower_is_better: Mapping[str, bool | None]) -> str:
    """The metric that chooses the best checkpoint. Raises UsageError for one without a best."""
    name = wanted or ("accuracy" if "accuracy" in lower_is_better else "loss")
    if lower_is_better.get(name) is None:
        known = ", ".join(metric for metric, lower in lower_is_better.items() if lower is not None)
        why = "does not declare which direction is better"
        if name not in lower_is_better:
            why = "is not a metric of this experiment"
        raise UsageError(f"--select_by={name}: {name} {why}; choose one of {known}")
    return name
