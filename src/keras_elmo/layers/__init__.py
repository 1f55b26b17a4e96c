"""The Keras layers that ELMo and the heads are made of, one a file."""
