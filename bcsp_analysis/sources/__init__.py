"""Loaders: one module per kind of input; each changes format, names and types, and nothing else."""
