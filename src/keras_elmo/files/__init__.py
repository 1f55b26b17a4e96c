"""Files and folders that are written whole or not at all, locks, lines with their numbers."""
