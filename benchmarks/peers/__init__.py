"""Programs that embed with other libraries, each run by the Python that has the library."""
