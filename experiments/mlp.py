"""A multilayer perceptron: any number of hidden layers, or none, of any width.

python experiments/mlp.py --layers=256,128
python experiments/mlp.py --flagfile=experiments/presets/s0_relu_adam.flags
"""

from absl import flags

from helper import bias_variable, cli, flag_types, tf, training, weight_variable

FLAGS = cli.FLAGS

# Functions that use tf when they are called: until then it is not imported, and --help is quick.
# The identity shows that layers with no activation between them are equivalent to a single one.
ACTIVATIONS = {
    "sigmoid": lambda x: tf.sigmoid(x),
    "relu": lambda x: tf.nn.relu(x),
    "tanh": lambda x: tf.tanh(x),
    "identity": lambda x: tf.identity(x),
}
# With the defaults of tf.train, and momentum 0.9, for which it has none. Keras's defaults differ in
# ε (1e-7; here Adam 1e-8, RMSProp 1e-10, Adagrad none), and in RMSProp's mean of squares, which
# starts at 0 (here at 1).
OPTIMIZERS = {  # the optimizer of a learning rate, and the default learning rate
    "sgd": (lambda rate: tf.train.GradientDescentOptimizer(rate), 0.1),
    "momentum": (lambda rate: tf.train.MomentumOptimizer(rate, 0.9), 0.01),
    "adam": (lambda rate: tf.train.AdamOptimizer(rate), 0.001),
    "rmsprop": (lambda rate: tf.train.RMSPropOptimizer(rate), 0.001),
    "adagrad": (lambda rate: tf.train.AdagradOptimizer(rate), 0.01),
}

flag_types.define_widths("layers", "256,128", "Widths of the hidden layers; --layers= for none.")
flags.DEFINE_enum(
    "activation", "sigmoid", list(ACTIVATIONS), "The activation of each hidden layer."
)
flag_types.define_initializer(
    "initializer",
    None,
    "Initial weights: glorot, he, zeros, or the standard deviation of a normal distribution. The "
    "default is he for hidden layers with relu, else glorot, and zeros without hidden layers.",
)
flags.DEFINE_enum(
    "output",
    "softmax",
    ["softmax", "sigmoid"],
    "The outputs; both kinds are normalized to sum to 1.",
)
flags.DEFINE_float("dropout", 0.0, "Share of the readout's inputs dropped in a training step.")
flags.DEFINE_enum(
    "optimizer",
    "sgd",
    list(OPTIMIZERS),
    "The optimizer of tf.train. Default learning rates: "
    + ", ".join(f"{name} {rate:g}" for name, (_, rate) in OPTIMIZERS.items()),
)
flags.DEFINE_float(
    "l2", 0.0, "Weight of the penalty, the sum of all squared weights, in what is minimized."
)
flags.DEFINE_bool("normalize", True, "Divide the pixels by 255; --nonormalize keeps 0 to 255.")
flags.register_validator("dropout", lambda rate: 0 <= rate < 1, "must be at least 0 and below 1")
flags.register_validator("l2", lambda l2: 0 <= l2 <= 1e6, "must be at least 0 and at most 1e6")

cli.define_training_flags(steps=30_000, batch_size=100, learning_rate=0.1)


def build_graph(inputs, optimizer):
    """inputs.images: uint8 [batch, pixels]; inputs.labels: int64 [batch], the digits."""
    weights = []
    # Belongs to the scope "train" as always, but is needed earlier: it seeds dropout.
    with tf.variable_scope("train", auxiliary_name_scope=False):
        global_step = tf.train.get_or_create_global_step()

    with tf.name_scope("normalize"):
        x = tf.cast(inputs.images, tf.float32)  # [batch, pixels], 0 … 255
        if FLAGS.normalize:
            x = x / 255.0  # 0 … 1

    for number, width in enumerate(FLAGS.layers, start=1):
        with tf.variable_scope("hidden" if len(FLAGS.layers) == 1 else f"hidden_{number}"):
            W = weight_variable([x.shape[1], width], "weight", hidden_initializer())
            b = bias_variable([width], "bias")
            x = ACTIVATIONS[FLAGS.activation](tf.matmul(x, W) + b)  # [batch, width]
            weights.append(W)

    if FLAGS.dropout:
        with tf.name_scope("dropout"):
            # What is dropped depends on (seed, step) alone. In an evaluation the rate is 0.
            rate = FLAGS.dropout * tf.cast(inputs.training, tf.float32)
            seed = tf.stack([tf.constant(FLAGS.seed, tf.int64), global_step])
            x = tf.nn.experimental.stateless_dropout(x, rate, seed, rng_alg="philox")

    with tf.variable_scope("readout"):
        W = weight_variable([x.shape[1], inputs.num_classes], "weight", readout_initializer())
        b = bias_variable([inputs.num_classes], "bias")
        logits = tf.matmul(x, W) + b  # [batch, num_classes]
        weights.append(W)
        # Softmax normalizes exp(score) to sum to 1. For sigmoid outputs y, y / Σ y is the softmax
        # of log y, and log y is stable where y itself would underflow to 0.
        scores = logits if FLAGS.output == "softmax" else tf.log_sigmoid(logits)
        probabilities = tf.nn.softmax(scores)

    with tf.name_scope("loss"):
        # Softmax and logarithm in one operation: log(softmax(logits)) alone becomes log(0).
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=inputs.labels, logits=scores)
        )

    with tf.name_scope("accuracy"):
        predictions = tf.argmax(logits, axis=1)
        accuracy = tf.reduce_mean(tf.cast(tf.equal(predictions, inputs.labels), tf.float32))

    with tf.variable_scope("train"):
        # The logged loss leaves the penalty out, so that curves with any --l2 are comparable.
        objective = loss
        if FLAGS.l2:
            objective += FLAGS.l2 * tf.add_n([tf.reduce_sum(tf.square(W)) for W in weights])
        train_step = optimizer.minimize(objective, global_step)

    metrics = {"loss": loss, "accuracy": accuracy}
    return training.Step(train_step, metrics, predictions, probabilities)


def hidden_initializer():
    return FLAGS.initializer or ("he" if FLAGS.activation == "relu" else "glorot")


def readout_initializer():
    # Without a hidden layer there is no symmetry to break, so zeros will do.
    return FLAGS.initializer or ("glorot" if FLAGS.layers else "zeros")


def main(_):
    make_optimizer, learning_rate = OPTIMIZERS[FLAGS.optimizer]
    if not FLAGS.resume:  # a resumed run keeps the one it was started with
        FLAGS.set_default("learning_rate", learning_rate)
    data = cli.load_data()
    optimizer = make_optimizer(FLAGS.learning_rate)
    return training.train(build_graph, data, optimizer, cli.settings(data))


if __name__ == "__main__":
    cli.run(main)
