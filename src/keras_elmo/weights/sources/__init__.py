"""Where weights come from: presets, published models, hubs, downloads."""
