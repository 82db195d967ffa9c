"""What TensorFlow writes while a run trains: event files, checkpoints, the run's record."""
