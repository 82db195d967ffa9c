"""Softmax regression on edges: two Prewitt edge maps of the image → 10 logits. 15,690 parameters.

python experiments/edges.py --steps 30000
"""

from absl import flags

from helper import bias_variable, cli, prewitt_filter, tf, training, weight_variable

FLAGS = cli.FLAGS
# The maps are linear in the pixels, so softmax regression can learn no more from them than from
# the pixels, only at a different pace. Their strength is not linear.
flags.DEFINE_bool("strength", False, "Use how strong an edge is, not which side of it is brighter.")

# The maps range from -3 to 3, not from 0 to 1: the learning rate of softmax.py would be too large.
cli.define_training_flags(steps=30_000, batch_size=100, learning_rate=0.02)


def build_graph(inputs, optimizer):
    """inputs.images: uint8 [batch, pixels]; inputs.labels: int64 [batch], the digits."""
    with tf.name_scope("normalize"):
        x = tf.cast(inputs.images, tf.float32) / 255.0  # [batch, pixels], 0 … 1

    with tf.name_scope("edges"):
        image = tf.reshape(x, [-1, *inputs.image_shape, 1])  # [batch, height, width, 1]
        edges = tf.nn.conv2d(image, prewitt_filter(), strides=1, padding="SAME")
        if FLAGS.strength:
            edges = tf.abs(edges)  # [batch, height, width, 2]
        features = tf.reshape(edges, [-1, 2 * x.shape[1]])  # [batch, 2 · pixels]

    with tf.variable_scope("readout"):
        W = weight_variable([features.shape[1], inputs.num_classes], "weight", "zeros")
        b = bias_variable([inputs.num_classes], "bias")
        logits = tf.matmul(features, W) + b  # [batch, num_classes]
        probabilities = tf.nn.softmax(logits)

    with tf.name_scope("loss"):
        # Softmax and logarithm in one operation: log(softmax(logits)) alone becomes log(0).
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=inputs.labels, logits=logits)
        )

    with tf.name_scope("accuracy"):
        predictions = tf.argmax(logits, axis=1)
        accuracy = tf.reduce_mean(tf.cast(tf.equal(predictions, inputs.labels), tf.float32))

    with tf.variable_scope("train"):
        global_step = tf.train.get_or_create_global_step()
        train_step = optimizer.minimize(loss, global_step)

    with tf.name_scope("images"):  # computed at each evaluation, for the first test images
        tf.summary.image("image", image)
        tf.summary.image("left_minus_right", edges[..., :1])
        tf.summary.image("upper_minus_lower", edges[..., 1:])

    metrics = {"loss": loss, "accuracy": accuracy}
    return training.Step(train_step, metrics, predictions, probabilities)


def main(_):
    data = cli.load_data()
    optimizer = tf.train.GradientDescentOptimizer(FLAGS.learning_rate)
    return training.train(build_graph, data, optimizer, cli.settings(data))


if __name__ == "__main__":
    cli.run(main)
