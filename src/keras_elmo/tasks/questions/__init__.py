"""Answers to questions, found in a passage."""
