"""Zarr stores of spectrograms: levels, probabilities, and seasons of them."""
