"""The run directory: what training leaves behind, and what all others know of a model by."""
