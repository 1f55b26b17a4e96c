"""A language model from text: corpus, sampled softmax, training with exact resume, adaptation."""
