"""Tasks as ONNX graphs, written from their weights, and as folders that need no Keras."""
