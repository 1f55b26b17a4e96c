"""An exported model in use, and what tasks share with it: records from arrays, in NumPy."""
