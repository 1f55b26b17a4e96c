"""Features on disk: written once, mapped into memory, shared by processes."""
