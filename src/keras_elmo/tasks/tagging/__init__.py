"""A label for each word, alone or with a class of the sentence."""
