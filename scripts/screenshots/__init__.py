"""Pictures of TensorBoard: scripts/screenshot.py."""
