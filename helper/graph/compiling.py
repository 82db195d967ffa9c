"""Which training loops XLA compiles: a rule, which flags can overrule."""

from __future__ import annotations

from typing import Any

from helper.data.datasets import Split
from helper.errors import UsageError
from helper.graph.fused import FusedSteps
from helper.graph.model import Model

# Multiply-adds in the forward pass of one step: batch size × parameters. Softmax regression has
# 0.8 million and is slower compiled; S0 has 16 and the hidden layer 50 million, and are faster.
_WORTHWHILE = 5_000_000


def is_worthwhile(model: Model, batch_size: int) -> bool:
    """Whether the loop is compiled if no flag says so.

    XLA saves the time that cores wait for each other between the operations of a step, and costs a
    second to compile: a loop of small operations gains nothing. Its results differ in the last
    bits, so only the graph and the batch size decide: not the number of steps, which may grow when
    a run is resumed, nor a machine or a measured time.
    """
    return model.multiply_adds(batch_size) >= _WORTHWHILE


def loop(
    session: Any, model: Model, split: Split, batch_size: int, seed: int, xla: bool | None
) -> FusedSteps:
    """The training loop, compiled if ``xla`` says so; if it is None, by the rule.

    session: holds initial values of the variables. By the rule, a graph that XLA cannot compile is
    trained without. Raises UsageError for such a graph if ``xla`` is true.
    """
    wanted = is_worthwhile(model, batch_size) if xla is None else xla
    steps = FusedSteps(model, split, batch_size, seed, wanted)
    obstacle = steps.compile(session) if wanted else None
    if obstacle is None:
        return steps
    if xla:
        raise UsageError(f"--xla: XLA cannot compile this graph ({obstacle}); use --noxla")
    print(f"note: the loop is not compiled, because XLA cannot compile this graph ({obstacle})")
    return FusedSteps(model, split, batch_size, seed, xla=False)
