"""Train an experiment: from its graph and its data to a finished run directory."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from helper.data.datasets import Dataset
from helper.errors import LabError, UsageError, reason
from helper.files import remove_partial
from helper.graph import model as graph
from helper.graph.fused import FusedSteps
from helper.graph.model import BuildGraph, Model, Step
from helper.runs import directory as runs
from helper.runs import rewind
from helper.runs.settings import Settings
from helper.saving import environment
from helper.saving.checkpoint_files import Checkpoint
from helper.saving.checkpoints import Checkpoints
from helper.saving.run_writer import Recording
from helper.signals import StopRequest
from helper.tensorflow_v1 import tf
from helper.training import console
from helper.training.loop import Describe, TrainingLoop

__all__ = ["Settings", "Step", "train"]


def train(
    build_graph: BuildGraph,
    data: Dataset,
    optimizer: Any,
    settings: Settings,
    describe: Describe | None = None,
) -> int:
    """Train, evaluate and record one run. Returns the program's exit code.

    describe adds metrics that are not a mean over examples, such as a precision.
    Raises LabError if the settings do not fit the data, or no run directory can be made.
    """
    examples = len(data.train.labels)
    if settings.batch_size > examples:
        raise UsageError(
            f"--batch_size={settings.batch_size} is more than the {examples} training examples "
            f"of {data.name}; choose {examples} or less"
        )
    model = graph.build(build_graph, data.image_shape, data.num_classes, optimizer, settings.seed)
    fused = FusedSteps(model, data.train, settings.batch_size, settings.seed, settings.xla)
    with model.graph.as_default(), model.session() as session:
        with _enough_memory():
            session.run(tf.global_variables_initializer())
        # Until here a signal ends the program at once: there is nothing yet to save.
        with StopRequest() as stop:
            run = _open_run(settings, data, model)
            if run is None:
                return 0
            checkpoints = Checkpoints(run)
            restored, gaps = _restore(session, checkpoints, run, settings)
            console.layer_table(model.parameters())
            recording = Recording(run, model.graph_def, settings, restored.step if restored else 0)
            for gap in gaps:
                recording.note_fault(gap, gap)
            loop = TrainingLoop(
                session, model, data, settings, recording, checkpoints, describe, stop, restored
            )
            try:
                with _enough_memory():
                    loop.run(fused)
            finally:
                recording.close(loop.status, loop.step, loop.final, loop.seconds)
    console.result(run.path, run.record, recording.faults)
    if recording.faults:
        return 1
    return {"completed": 0, "interrupted": stop.exit_code}.get(loop.status, 1)


@contextlib.contextmanager
def _enough_memory() -> Iterator[None]:
    """Raises UsageError where TensorFlow finds that the memory is not enough."""
    try:
        yield
    except tf.errors.ResourceExhaustedError:
        raise UsageError(
            "the model does not fit into memory; choose smaller layers, or a smaller --batch_size"
        ) from None


def _open_run(settings: Settings, data: Dataset, model: Model) -> runs.Run | None:
    """A new run directory, or the one to go on with; None if that run is finished."""
    if settings.resume is None:
        record = _first_record(settings, data, model)
        return runs.create(settings.logdir, settings.experiment, settings.suffix, record)
    run = runs.reopen(settings.resume)
    record = run.record
    if record["data"]["sha256"] != data.sha256:
        run.close()
        raise UsageError(
            f"{run.path} was trained on other data (SHA-256 {record['data']['sha256'][:12]}…, "
            f"not {data.sha256[:12]}…); give the data it was started with"
        )
    if settings.steps < record["steps"]:
        run.close()
        raise UsageError(f"{run.path} is a run of {record['steps']:,} steps; give more, or none")
    # Where the disk was full at the end, the last steps are done again from the newest checkpoint.
    if record["status"] == "completed" and record.get("saved_step") == settings.steps:
        run.close()
        print(f"{run.path} is finished: {record['step']:,} steps; give more --steps to go on")
        return None
    if record["status"] == "diverged":
        run.close()
        raise LabError(
            f"{run.path} diverged after step {record['step']:,} and would do so again; start a new "
            "run, for example with a smaller --learning_rate"
        )
    changed = environment.differences(record["engine"], environment.engine())
    if changed:
        print(f"note: {', '.join(changed)} changed since the start; the last bits may differ")
    record |= {"steps": settings.steps, "flags": dict(settings.flags), "status": "running"}
    record |= {"ended": None, "final": {}}
    return run


def _restore(
    session: Any, checkpoints: Checkpoints, run: runs.Run, settings: Settings
) -> tuple[Checkpoint | None, list[str]]:
    """Give a resumed run its newest good checkpoint, and take its curves back to that step.

    Also returns a line for each directory whose curves have gaps.
    """
    if settings.resume is None:
        return None, []
    try:
        restored = checkpoints.restore(session, report=print)
        if restored is None and run.record.get("saved_step"):
            raise LabError(
                f"the checkpoints of {run.path} are gone; start a new run without --resume"
            )
        checkpoints.sweep()
        remove_partial(run.path)
        gaps, lost = _rewind(run, restored, settings, checkpoints)
    except (OSError, tf.errors.OpError) as error:
        run.close()
        raise LabError(f"{run.path} cannot be taken up again: {reason(error)}") from None
    except LabError:
        run.close()
        raise
    step = restored.step if restored else 0
    best = restored.state["best"] if restored else {}
    run.record |= {"best": best, "step": step, "summaries_lost": lost}
    print(f"resuming {run.path} at step {step:,} of {settings.steps:,}")
    for gap in gaps:
        print(f"note: {gap}")
    return restored, gaps


def _rewind(
    run: runs.Run, restored: Checkpoint | None, settings: Settings, checkpoints: Checkpoints
) -> tuple[list[str], int]:
    if restored is None:
        rewind.clear(run.path)
        return [], 0
    if restored.step % settings.eval_every and restored.score is not None:
        # The end of a shorter run was evaluated; a longer one does not look at this step.
        checkpoints.set_score(restored.step, None)
    evaluations = (settings.eval_every, restored.state["evaluated_step"])
    watched = "validation" if run.record["data"]["validation"] else "test"
    steps = (settings.log_every, restored.step // settings.log_every * settings.log_every)
    return rewind.rewind(run.path, {"": evaluations, watched: evaluations, "train": steps})


def _first_record(settings: Settings, data: Dataset, model: Model) -> dict[str, Any]:
    parameters = model.parameters()
    return {
        "id": uuid.uuid4().hex,
        "status": "running",
        "argv": list(settings.argv),
        "flags": dict(settings.flags),
        "seed": settings.seed,
        "started": runs.now(),
        "ended": None,
        "step": 0,
        "saved_step": 0,
        "steps": settings.steps,
        "seconds": 0.0,
        "seconds_in_steps": 0.0,
        "steps_per_second": 0.0,
        "versions": environment.versions(),
        "engine": environment.engine(),
        "commit": runs.commit(),
        "data": {
            "name": data.name,
            "sha256": data.sha256,
            "train": len(data.train.labels),
            "validation": len(data.validation.labels) if data.validation else 0,
            "test": len(data.test.labels),
            "image_shape": list(data.image_shape),
            "num_classes": data.num_classes,
        },
        "parameters": parameters,
        "parameter_count": model.parameter_count(),
        "final": {},
        "best": {},
        "summaries_lost": 0,
    }
