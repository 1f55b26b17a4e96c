"""How a pretrained ELMo is trained further: which layers, at which rates."""
