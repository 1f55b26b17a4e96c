"""Names of the mixes of ELMo's layers, beside the numbers of layers; known without Keras."""

MIXES = ("concat", "mean", "top", "scalar")
