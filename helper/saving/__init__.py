"""What TensorFlow writes while a run trains: checkpoints; what a network is rebuilt from."""
