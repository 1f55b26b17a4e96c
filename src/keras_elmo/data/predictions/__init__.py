"""Predictions as files, also for annotation tools."""
