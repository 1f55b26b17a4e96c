"""Two texts: their class or their number."""
