"""Runs side by side: tables, groups of seeds, verdicts, reports and plots. No TensorFlow."""
