"""The entities, one module per family and platform: `<family>_<platform>`."""
