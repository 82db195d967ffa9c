"""The flags that experiments share, and how an experiment starts."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from absl import app, flags

from helper import command
from helper.data import datasets
from helper.errors import UsageError
from helper.runs import threads
from helper.runs.settings import Settings
from helper.training import presets, resume, starting

FLAGS = flags.FLAGS
_MOST_STEPS = 10**9
# Control characters (a newline is one), and bytes that are not valid UTF-8.
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_NOTE = 500


def define_training_flags(steps: int, batch_size: int, learning_rate: float) -> None:
    """Define the flags that every experiment has, with this experiment's defaults."""
    _define_integer("steps", steps, "Training steps.", 1)
    _define_integer("epochs", None, "Passes over the training examples, instead of --steps.", 1)
    _define_integer("batch_size", batch_size, "Examples in the batch of one step.", 1, None)
    flags.DEFINE_float(
        "learning_rate", learning_rate, "Size of the optimizer's steps, more than 0."
    )
    _define_integer(
        "seed", 0, "Decides the initial weights and the order of the examples.", 0, 2**31 - 1
    )
    flags.register_validator(
        "epochs",
        lambda value: value is None or FLAGS["steps"].using_default_value,
        "cannot be combined with --steps; give one of them",
    )
    flags.register_validator(
        "learning_rate", lambda value: 0 < value <= 1e6, "must be more than 0 and at most 1e6"
    )
    flags.DEFINE_boolean(
        "xla",
        None,
        "Compile the training loop with XLA, or do not; results differ in the last bits. By "
        "default, loops with enough work in a step are compiled.",
    )
    _define_data_flags()
    _define_run_flags()
    _define_view_flags()


def _define_data_flags() -> None:
    flags.DEFINE_enum("dataset", "mnist", datasets.NAMES, "The data set to train on.")
    flags.DEFINE_string(
        "data_dir", None, "Directory with the four IDX files, plain or gzipped, or with mnist.npz."
    )
    flags.DEFINE_float(
        "validation_split",
        0.0,
        "Share of the training examples (the last ones) to hold out and evaluate instead of the "
        "test set, which is then evaluated only once, at the end.",
    )
    flags.register_validator(
        "validation_split", lambda value: 0 <= value < 1, "must be at least 0 and less than 1"
    )


def _define_run_flags() -> None:
    """Where a run is kept, and how often it is evaluated and saved."""
    flags.DEFINE_string(
        "logdir", "logs", "Directory in which each run gets a directory of its own."
    )
    flags.DEFINE_string(
        "run_name",
        "",
        "The name that follows the run's number; by default the preset, and the flags that were "
        "changed.",
    )
    _define_integer("log_every", 100, "Steps averaged into one point of a training curve.", 1)
    _define_integer(
        "eval_every", 1000, "Steps between two evaluations on the test (or validation) images.", 1
    )
    _define_integer(
        "checkpoint_every", 0, "Steps between two checkpoints; 0: one at each evaluation.", 0
    )
    _define_integer(
        "keep",
        3,
        "How many of the newest checkpoints to keep, besides the best one, while the run trains; a "
        "finished run keeps the last and the best.",
        1,
    )
    flags.DEFINE_string(
        "select_by",
        "",
        "The metric by which the best checkpoint is chosen; by default accuracy, or loss for an "
        "experiment without accuracy.",
    )
    flags.DEFINE_string(
        "resume", "", "Continue this run, given by its directory, name or number, or latest."
    )


def _define_view_flags() -> None:
    """What a run shows in TensorBoard besides curves, graph and pictures."""
    flags.DEFINE_boolean(
        "histograms", False, "Write histograms of parameters, gradients and activations."
    )
    flags.DEFINE_boolean(
        "pr_curves", False, "Write precision-recall curves, of each class against the rest."
    )
    _define_integer(
        "trace_every",
        0,
        "Steps between two traces of the compute time and memory of every node, each made at the "
        "next evaluation; 0: none.",
        0,
    )
    flags.DEFINE_string("note", "", "Why this run: kept, shown, and found by --where 'note~word'.")
    flags.register_validator(
        "note", lambda value: len(value) <= _LONGEST_NOTE, "must have at most 500 characters"
    )


def _define_integer(
    name: str, default: int | None, text: str, least: int, most: int | None = _MOST_STEPS
) -> None:
    flags.DEFINE_integer(name, default, text, lower_bound=least, upper_bound=most)


def load_data() -> datasets.Dataset:
    """The data set that the flags ask for. Prints the run's first line.

    Raises LabError for whatever is wrong with the data, or with the flags, that shows without
    TensorFlow; so call it before ``tf`` is used.
    """
    data = datasets.load(FLAGS.dataset, FLAGS.data_dir)
    if FLAGS.validation_split:
        data = datasets.hold_out(data, FLAGS.validation_split)
    wanted = settings(data)
    starting.check(wanted, data)
    print(starting.first_line(wanted, data), flush=True)
    return data


def settings(data: datasets.Dataset) -> Settings:
    """The flags as the ``Settings`` of a run of this program's experiment."""
    own = {flag.name: flag for flag in _own_flags() if flag.name != "resume"}
    steps = _steps(len(data.train.labels))
    values = {name: flag.value for name, flag in own.items()} | {"steps": steps}
    name = FLAGS.run_name or presets.run_name(sys.argv[1:], FLAGS, own)
    if FLAGS.epochs:
        del own["steps"]
    # A run that repeats this one, perhaps with another seed, is not called what this one is called.
    del own["run_name"]
    return Settings(
        experiment=_experiment(),
        steps=steps,
        batch_size=FLAGS.batch_size,
        seed=FLAGS.seed,
        log_every=FLAGS.log_every,
        eval_every=FLAGS.eval_every,
        checkpoint_every=FLAGS.checkpoint_every,
        keep=FLAGS.keep,
        select_by=FLAGS.select_by,
        xla=FLAGS.xla,
        histograms=FLAGS.histograms,
        pr_curves=FLAGS.pr_curves,
        trace_every=FLAGS.trace_every,
        resume=Path(FLAGS.resume) if FLAGS.resume else None,
        logdir=FLAGS.logdir,
        suffix=name,
        flags=values,
        flagfile="".join(f"{flag.serialize()}\n" for flag in own.values() if flag.serialize()),
        argv=sys.argv,
    )


def _steps(examples: int) -> int:
    """The steps to train; the last batch may reach into the next epoch."""
    if not FLAGS.epochs:
        return FLAGS.steps
    steps = math.ceil(FLAGS.epochs * examples / FLAGS.batch_size)
    if steps > _MOST_STEPS:
        raise UsageError(
            f"--epochs={FLAGS.epochs} is {steps:,} steps; at most {_MOST_STEPS:,} are allowed"
        )
    return steps


def run(main: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Parse the flags, call ``main`` and exit with its code; see ``command.run`` for failures."""
    # Training that stops because nobody reads its output has failed.
    code = command.run(lambda: app.run(main, flags_parser=_parse), unread=1)
    if code > 128:
        # After a signal, exit at once: Python's own shutdown of TensorFlow takes a second.
        os._exit(code)
    sys.exit(code)


def _parse(argv: Sequence[str]) -> Sequence[str]:
    for flag in _own_flags():
        FLAGS.register_key_flag_for_module(sys.argv[0], flag)  # so that --help shows it
    try:
        rest = FLAGS(argv)
    except (flags.Error, UnicodeError) as error:
        raise UsageError(str(error).removeprefix("ERROR:: ")) from None
    except SystemExit:
        sys.exit(0)  # absl has printed --help, for which it exits with 1
    if len(rest) > 1:
        raise UsageError(f"unexpected argument {rest[1]!r}; settings are given as --name=value")
    for flag in _own_flags():
        if isinstance(flag.value, str) and _UNFIT.search(flag.value):
            raise UsageError(
                f"--{flag.name}={flag.value!r} contains a character that a flag file cannot hold"
            )
    if "resume" in FLAGS and FLAGS.resume:
        _use_flags_of_resumed_run()
    return rest


def _use_flags_of_resumed_run() -> None:
    """Find the run to resume, and set the flags to the values it was started with."""
    path, record = resume.find(FLAGS.resume, FLAGS.logdir, _experiment())
    resume.take_flags({flag.name: flag for flag in _own_flags()}, record.flags)
    threads.keep(record.engine)
    FLAGS["resume"].value = str(path)


def _experiment() -> str:
    return Path(sys.argv[0]).stem


def _own_flags() -> list[flags.Flag]:
    """The flags of the experiment and of this module, without those of absl itself."""
    modules = FLAGS.flags_by_module_dict()
    return [flag for module in (__name__, sys.argv[0]) for flag in modules.get(module, [])]
