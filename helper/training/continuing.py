"""Resume a run: lock it, compare it with what is asked for now, restore it, rewind its curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from helper.comparing.difference import graph_difference
from helper.errors import LabError, UsageError, reason
from helper.files import remove_partial
from helper.graph import nodes
from helper.graph.model import Model
from helper.runs import directory, rewind
from helper.runs.directory import Run
from helper.runs.evaluation_steps import EvaluationSteps
from helper.runs.events import read_run_graph
from helper.runs.record import Record, Status
from helper.runs.rewind import Kept
from helper.runs.settings import Settings
from helper.saving import environment
from helper.saving.checkpoint_files import Checkpoint, State
from helper.saving.checkpoints import Checkpoints
from helper.tensorflow_v1 import tf
from helper.training import starting


@dataclass(frozen=True)
class Launch:
    """A run that this process trains: a new one, or one resumed from a checkpoint.

    gaps: a line for each directory whose curves lack values.
    """

    run: Run
    checkpoints: Checkpoints
    restored: Checkpoint | None = None
    gaps: list[str] = field(default_factory=list)

    @property
    def step(self) -> int:
        """The number of steps done."""
        return self.restored.step if self.restored else 0

    def curves_end(self, settings: Settings) -> dict[str, int] | None:
        """The step of the last point of each split's curves; None for a new run."""
        if settings.resume is None:
            return None
        if not self.step:
            return {}
        record, every = self.run.record, settings.log_every
        steps = EvaluationSteps(settings.eval_every, record.early_evaluations)
        return {"train": self.step // every * every, record.watched: steps.latest(self.step)}

    @property
    def state(self) -> State:
        """The run's state besides its variables."""
        return self.restored.state if self.restored else State()


def resume(settings: Settings, now: Record, model: Model, session: Any) -> Launch | None:
    """Resume the run ``settings.resume`` at its newest good checkpoint; None if it is finished.

    now: the record of a new run with the same settings.
    Raises LabError, before anything is written, if another process is writing the run, if it
    diverged, if its data or its graph has changed, or if it has no good checkpoint.
    """
    assert settings.resume is not None
    run = directory.reopen(settings.resume)
    try:
        if starting.is_finished(run, settings.steps):
            done = f"{run.record.step:,} steps"
            print(f"{run.path} is finished: {done}; give more --steps to continue it")
            run.close()
            return None
        _compare(run, now, model)
        checkpoints = Checkpoints(run)
        restored = checkpoints.restore(session, report=print)
        if restored is None and run.record.saved_step:
            raise LabError(
                f"the checkpoints of {run.path} are gone; start a new run without --resume"
            )
        checkpoints.sweep()
        remove_partial(run.path)
        gaps, lost = _rewind(run, restored, settings, checkpoints)
    except (OSError, tf.errors.OpError) as error:
        run.close()
        raise LabError(f"{run.path} cannot be resumed: {reason(error)}") from None
    except BaseException:
        run.close()
        raise
    launch = Launch(run, checkpoints, restored, gaps)
    _update(run.record, now, launch, lost)
    print(f"resuming {run.path} at step {launch.step:,} of {settings.steps:,}")
    for gap in gaps:
        print(f"note: {gap}")
    return launch


def _compare(run: Run, now: Record, model: Model) -> None:
    """Raise UsageError if the run would not continue as what it was started as."""
    then = run.record
    assert now.data is not None
    starting.check_data(run, now.data.sha256)
    changed = environment.differences(then.engine, now.engine)
    if changed:
        names = ", ".join(changed)
        print(f"note: {names} changed since the start; results may differ in the last bits")
    if "tensorflow" not in changed:  # another version may write the same graph differently
        _compare_graphs(run, now, model)


def _compare_graphs(run: Run, now: Record, model: Model) -> None:
    then = run.record.graph_sha256
    if then == now.graph_sha256:
        return
    written = read_run_graph(run.path, lambda _: None)
    if then is None and written is not None:
        then = nodes.training_sha256(written, nodes.training_outputs(model))
        then = then or "a node is missing"
    if then is None or then == now.graph_sha256:
        return
    changes = ""
    if written is not None:
        lines = graph_difference(
            written, type(written).FromString(model.graph_def.SerializeToString())
        )
        names = list(dict.fromkeys(line.split()[1] for line in lines))
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        changes = f" ({', '.join(names[:3])}{more})" if names else ""
    raise UsageError(
        f"the experiment's graph has changed since {run.path} was started{changes}, and one run "
        "must not mix two programs; undo the change, or start a new run"
    )


def _rewind(
    run: Run, restored: Checkpoint | None, settings: Settings, checkpoints: Checkpoints
) -> tuple[list[str], int]:
    """Rewind the curves to the checkpoint. Returns a line for each gap, and the values lost."""
    if restored is None:
        rewind.clear(run.path)
        return [], 0
    if restored.step % settings.eval_every and restored.score is not None:
        # A shorter run was evaluated at its end; a longer one is not evaluated at this step.
        checkpoints.set_score(restored.step, None)
    evaluations = EvaluationSteps(settings.eval_every, run.record.early_evaluations)
    evaluated, intervals = restored.state.evaluated_step, restored.step // settings.log_every
    kept = {
        run.record.watched: Kept(evaluations.count(evaluated), evaluated),
        "train": Kept(intervals + 1, intervals * settings.log_every),
    }
    return rewind.rewind(run.path, restored.step, kept, run.record.lower_is_better)


def _update(record: Record, now: Record, launch: Launch, lost: int) -> None:
    """Bring the record of a resumed run up to date; fill in what an older format lacks."""
    record.status, record.ended = Status.RUNNING, None
    record.steps, record.flags = now.steps, now.flags
    record.lower_is_better, record.select_by = now.lower_is_better, now.select_by
    record.network, record.graph_sha256 = now.network, now.graph_sha256
    record.step = record.saved_step = launch.step
    record.summaries_lost, record.final = lost, {}
    record.best = dict(launch.state.best)
