from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from helper import tf
from helper.denormals import can_flush
from helper.files import PROJECT_ROOT
from helper.graph.session import Session

# Squared gradients of about 1e-43. The means that Adam keeps of them are denormal; the products
# are small enough to come out alike for any number of threads.
_PROGRAM = """
import hashlib, json, sys
import numpy as np
from helper import tf
from helper.graph import model as graph
from helper.graph.fused import FusedSteps
from tests.experiment_modules import small_data

def build_graph(inputs, optimizer):
    x = tf.cast(inputs.images, tf.float32) / 255.0
    W = tf.get_variable("W", [784, 64], tf.float32, tf.ones_initializer())
    V = tf.get_variable("V", [64, 10], tf.float32, tf.ones_initializer())
    hidden = tf.sigmoid(1e-3 * tf.matmul(x, W))
    loss = 1e-20 * tf.reduce_mean(tf.square(tf.matmul(hidden, V)))
    return graph.Step(optimizer.minimize(loss), {"loss": loss})

data = small_data(side=28)
optimizer = tf.train.AdamOptimizer(0.01)
model = graph.build(build_graph, data.image_shape, 10, optimizer, 0)
fused = FusedSteps(model, data.train, 16, 0, xla="xla" in sys.argv)
with model.graph.as_default(), model.session() as session:
    session.run(tf.global_variables_initializer())
    list(fused.run(session, 0, 200, []))
    variables = session.run({v.op.name: v for v in tf.global_variables()})
tiny = np.finfo(np.float32).tiny
print(json.dumps({
    "denormals": sum(int(((v != 0) & (np.abs(v) < tiny)).sum()) for v in variables.values()),
    "bits": {name: hashlib.sha256(v.tobytes()).hexdigest() for name, v in variables.items()},
}))
"""

needs_flushing = pytest.mark.skipif(not can_flush(), reason="denormals cannot be flushed here")


def trained(threads: int, *arguments: str) -> dict:
    environment = os.environ | {"TF_NUM_INTRAOP_THREADS": str(threads)}
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    return json.loads(subprocess.check_output(command, cwd=PROJECT_ROOT, env=environment))


@needs_flushing
@pytest.mark.parametrize("arguments", [[], ["xla"]])
def test_denormals_are_alike_on_every_thread(arguments):
    """Without this, one thread left 640 of them in Adam's slots, and 16 threads left 48."""
    alone = trained(1, *arguments)
    assert alone["denormals"] == 0
    assert trained(16, *arguments) == alone


@needs_flushing
def test_python_computes_with_denormals():
    tiny = np.full(8, 1e-39, np.float32)
    with tf.Graph().as_default(), Session() as session:
        given = tf.placeholder(tf.float32, [8])
        half = 0.5 * given
        call = session.make_callable(half, [given])
        assert not session.run(half, {given: tiny}).any() and not call(tiny).any()
    assert (np.float32(0.5) * tiny).all()
