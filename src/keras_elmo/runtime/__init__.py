"""An exported model: strings → records with NumPy and ONNX Runtime alone, and what tasks share with it."""
