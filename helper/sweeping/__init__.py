"""One experiment with many settings. No TensorFlow."""
