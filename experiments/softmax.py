"""Softmax regression: 784 pixels → 10 logits, no hidden layer. 7,850 parameters.

python experiments/softmax.py --steps 30000
"""

from helper import bias_variable, cli, tf, training, weight_variable

FLAGS = cli.FLAGS

# The article uses 0.001 on the loss summed over a batch of 100, which is 0.1 on the mean.
cli.define_training_flags(steps=30_000, batch_size=100, learning_rate=0.1)


def build_graph(inputs, optimizer):
    """inputs.images: uint8 [batch, pixels]; inputs.labels: int64 [batch], the digits."""
    with tf.name_scope("normalize"):
        x = tf.cast(inputs.images, tf.float32) / 255.0  # [batch, pixels], 0 … 1

    with tf.variable_scope("readout"):
        W = weight_variable([x.shape[1], inputs.num_classes], "weight", "zeros")
        b = bias_variable([inputs.num_classes], "bias")
        logits = tf.matmul(x, W) + b  # [batch, num_classes]
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

    metrics = {"loss": loss, "accuracy": accuracy}
    return training.Step(train_step, metrics, predictions, probabilities)


def main(_):
    data = cli.load_data()
    optimizer = tf.train.GradientDescentOptimizer(FLAGS.learning_rate)
    return training.train(build_graph, data, optimizer, cli.settings(data))


if __name__ == "__main__":
    cli.run(main)
