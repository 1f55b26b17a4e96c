"""One published file format each: its names, shapes and layouts."""
