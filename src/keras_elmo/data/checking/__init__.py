"""What a labelled file holds and what may be wrong with it."""
