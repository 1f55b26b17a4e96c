"""ELMo, a mix of its layers, a BiLSTM and a head, trained on raw text: one folder a kind."""
