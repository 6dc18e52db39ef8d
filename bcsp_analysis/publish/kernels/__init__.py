"""Kernels forked from one process that has imported everything: a notebook starts at once."""
