"""A trained model behind HTTP: joined requests, limits, measurements, and a page to try it."""
