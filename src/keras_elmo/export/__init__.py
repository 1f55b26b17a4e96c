"""A trained task → a flat folder that runs without Keras, or a SavedModel of TensorFlow."""
