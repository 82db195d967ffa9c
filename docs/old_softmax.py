"""Softmax regression as TensorFlow 1 scripts had it; ``scripts/run_v1.py`` runs it unchanged."""

import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)

x = tf.placeholder(tf.float32, [None, 784])
W = tf.Variable(tf.zeros([784, 10]))
b = tf.Variable(tf.zeros([10]))
y = tf.matmul(x, W) + b
y_ = tf.placeholder(tf.float32, [None, 10])

cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y))
train_step = tf.train.GradientDescentOptimizer(0.5).minimize(cost)
correct = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(1000):
        batch_xs, batch_ys = mnist.train.next_batch(100)
        _, c = sess.run([train_step, cost], feed_dict={x: batch_xs, y_: batch_ys})
        if (i + 1) % 100 == 0:
            test = {x: mnist.test.images, y_: mnist.test.labels}
            print("step", i + 1, "cost", c, "test accuracy", sess.run(accuracy, feed_dict=test))
