"""Injection: known sounds in a season's own recordings, to see from what loudness on they are found."""
