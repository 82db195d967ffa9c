"""Image data sets: found, verified, cached, and read as NumPy arrays. No TensorFlow."""
