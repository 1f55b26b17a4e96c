"""One training: stages, checkpoints, finite loss, features served to `fit`."""
