"""ELMo as a Keras model: backbone, preprocessor, language model, the layer that drops in."""
