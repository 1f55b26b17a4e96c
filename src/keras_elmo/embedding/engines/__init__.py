"""What runs a frozen ELMo: Keras, or ONNX Runtime."""
