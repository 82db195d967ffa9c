"""Logistic regression: one digit against the rest. 784 pixels → 1 logit, 785 parameters.

python experiments/logistic.py --digit 1
"""

import numpy as np
from absl import flags

from helper import bias_variable, cli, tf, training, weight_variable

FLAGS = cli.FLAGS
flags.DEFINE_integer(
    "digit", 1, "The digit to distinguish from the rest.", lower_bound=0, upper_bound=9
)

cli.define_training_flags(steps=20_000, batch_size=100, learning_rate=0.1)


def build_graph(inputs, optimizer):
    """inputs.images: uint8 [batch, pixels]; inputs.labels: int64 [batch], the digits."""
    with tf.name_scope("normalize"):
        x = tf.cast(inputs.images, tf.float32) / 255.0  # [batch, pixels], 0 … 1
        is_digit = tf.cast(tf.equal(inputs.labels, FLAGS.digit), tf.float32)  # [batch], 1 or 0

    with tf.variable_scope("readout"):
        W = weight_variable([x.shape[1], 1], "weight", "glorot")
        b = bias_variable([1], "bias")
        logits = tf.squeeze(tf.matmul(x, W) + b, axis=1)  # [batch]
        # [batch, 2]: of "no" and of "yes"
        probabilities = tf.stack([tf.sigmoid(-logits), tf.sigmoid(logits)], axis=1)

    with tf.name_scope("loss"):
        # Sigmoid and logarithm in one operation. The article clips the prediction to
        # [1e-10, 1 + 1e-10] instead: in float32 that upper end is 1, and 0 · log(0) is NaN.
        loss = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=is_digit, logits=logits)
        )
        log_likelihood = -loss

    with tf.name_scope("accuracy"):
        targets = tf.cast(is_digit, tf.int64)
        predictions = tf.cast(logits > 0, tf.int64)  # 1 where the sigmoid is above one half
        accuracy = tf.reduce_mean(tf.cast(tf.equal(predictions, targets), tf.float32))

    with tf.variable_scope("train"):
        global_step = tf.train.get_or_create_global_step()
        train_step = optimizer.minimize(loss, global_step)

    metrics = {
        "loss": loss,
        "two-class/log likelihood": training.Metric(log_likelihood, lower_is_better=False),
        "accuracy": accuracy,
    }
    return training.Step(train_step, metrics, predictions, probabilities, targets)


# Accuracy says little when nine in ten answers are "no"; these metrics say more. Both arguments are
# int64 [examples]; the labels are the digits.


def base_rate(predictions, labels):
    """The accuracy of always answering "no"."""
    return 1.0 - np.mean(labels == FLAGS.digit)


def precision(predictions, labels):
    """The share of "yes" answers that are right."""
    return np.sum(predictions * (labels == FLAGS.digit)) / max(np.sum(predictions), 1)


def recall(predictions, labels):
    """The share of the digit's images that are found."""
    is_digit = labels == FLAGS.digit
    return np.sum(predictions * is_digit) / max(np.sum(is_digit), 1)


def f1(predictions, labels):
    """The harmonic mean of precision and recall."""
    is_digit = labels == FLAGS.digit
    return 2 * np.sum(predictions * is_digit) / max(np.sum(predictions) + np.sum(is_digit), 1)


SPLIT_METRICS = {
    "two-class/base rate": base_rate,
    "two-class/precision": training.Metric(precision, lower_is_better=False),
    "two-class/recall": training.Metric(recall, lower_is_better=False),
    "two-class/F1": training.Metric(f1, lower_is_better=False),
}


def main(_):
    data = cli.load_data()
    optimizer = tf.train.GradientDescentOptimizer(FLAGS.learning_rate)
    return training.train(build_graph, data, optimizer, cli.settings(data), SPLIT_METRICS)


if __name__ == "__main__":
    cli.run(main)
