"""Exports: the events of a season as the lists that other programs read."""
