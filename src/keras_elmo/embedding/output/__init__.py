"""Files of embeddings, and the unfinished ones that a run goes on with."""
