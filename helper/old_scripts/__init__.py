"""Scripts written for TensorFlow 1 run unchanged, and become runs: ``scripts/run_v1.py``."""
