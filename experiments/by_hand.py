"""Softmax regression by hand: graph, session and loop, with nothing behind the curtain.

python experiments/by_hand.py --steps 30000

It reaches what softmax.py reaches; there, helper feeds, repeats, evaluates, saves and resumes.
"""

from absl import flags

from helper import cli, recorder, tf
from helper.data import datasets

FLAGS = flags.FLAGS
flags.DEFINE_integer("steps", 30_000, "Training steps.", 1)
flags.DEFINE_integer("batch_size", 100, "Examples in the batch of one step.", 1)
flags.DEFINE_float("learning_rate", 0.1, "Size of the optimizer's steps.", 0)
flags.DEFINE_integer("seed", 0, "Decides the order of the examples.", 0)
flags.DEFINE_string("data_dir", None, "Directory with the four IDX files, or with mnist.npz.")
flags.DEFINE_string("logdir", "logs", "Directory in which each run gets a directory of its own.")
flags.DEFINE_string("run_name", "", "The name that follows the run's number.")
SETTINGS = ("steps", "batch_size", "learning_rate", "seed")


def main(_):
    data = datasets.load("mnist", FLAGS.data_dir)
    pixels, examples = data.train.images.shape[1], len(data.train.labels)

    # Graph-construction time: these lines compute nothing, they add nodes to the graph.
    with tf.name_scope("input"):
        # Fed once, to the iterator: as constants, the arrays would be part of the graph.
        train_images = tf.placeholder(tf.uint8, [None, pixels], "train_images")
        train_labels = tf.placeholder(tf.int64, [None], "train_labels")
        dataset = tf.data.Dataset.from_tensor_slices((train_images, train_labels))
        batches = dataset.shuffle(examples, FLAGS.seed).repeat().batch(FLAGS.batch_size)
        iterator = tf.data.make_initializable_iterator(batches)
        next_images, next_labels = iterator.get_next()
        # What is fed here takes the place of the next batch, which is then not made.
        images = tf.placeholder_with_default(next_images, [None, pixels], "images")
        labels = tf.placeholder_with_default(next_labels, [None], "labels")
        x = tf.cast(images, tf.float32) / 255.0

    with tf.name_scope("readout"):
        W = tf.Variable(tf.zeros([pixels, data.num_classes]), name="weight")
        b = tf.Variable(tf.zeros([data.num_classes]), name="bias")
        logits = tf.matmul(x, W) + b
        predictions = tf.argmax(logits, axis=1)

    with tf.name_scope("measures"):
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        )
        accuracy = tf.reduce_mean(tf.cast(tf.equal(predictions, labels), tf.float32))

    with tf.name_scope("train"):
        train_step = tf.train.GradientDescentOptimizer(FLAGS.learning_rate).minimize(loss)

    tf.summary.scalar("loss", loss)  # beside a scope called "loss", the tag would be "loss_1"
    tf.summary.scalar("accuracy", accuracy)
    summaries = tf.summary.merge_all()

    # Run time: each Session.run computes what its fetches need, and nothing else.
    settings = {name: FLAGS[name].value for name in SETTINGS}
    begin = recorder.start(
        "by_hand", settings, logdir=FLAGS.logdir, run_name=FLAGS.run_name, data=data
    )
    with begin as run, tf.Session() as session:
        run.graph(session.graph)
        session.run(tf.global_variables_initializer())
        session.run(
            iterator.initializer,
            {train_images: data.train.images, train_labels: data.train.labels},
        )
        test = {images: data.test.images, labels: data.test.labels}
        for step in range(FLAGS.steps + 1):
            if step % 1000 == 0 or step == FLAGS.steps:
                run.summary("test", step, session.run(summaries, test))
                print(f"step: {step}, test-acc: {session.run(accuracy, test):.4f}")
            if step % 100 == 0:
                run.summary("train", step, session.run(summaries))
            if step < FLAGS.steps:
                session.run(train_step)
        run.predictions(session.run(predictions, test), data.test.labels)


if __name__ == "__main__":
    cli.run(main)
