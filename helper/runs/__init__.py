"""Run directories, records and event files: made, read, listed, cleaned. No TensorFlow."""
