"""The tab "Graph Lab" in TensorBoard: runs compared where people look at them."""
