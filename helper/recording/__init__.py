"""What a run writes for its readers: its record, its curves, its pictures. No TensorFlow."""
