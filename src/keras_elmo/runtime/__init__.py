"""A trained model in use: outputs of its network → records, and a network in ONNX Runtime."""
