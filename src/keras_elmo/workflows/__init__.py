"""Files → a model folder: runs and their options, training, evaluation, prediction."""
