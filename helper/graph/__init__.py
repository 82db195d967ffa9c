"""An experiment's graph: variables, readable model, pipeline, fused loop, evaluation."""
