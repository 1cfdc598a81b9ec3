"""Losses, tiles, the adversarial loop and the application of a generator."""
