"""Files: written whole or not at all, locked; opened, decompressed, and decoded into lines."""
