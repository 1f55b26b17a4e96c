"""Hyper-parameter search over trainings: many short ones, and the best of them as a model."""
