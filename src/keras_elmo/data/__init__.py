"""Labelled files → data sets: opened, decoded, told apart, read as examples."""
