"""Networks of runs in formats that other programs load."""
