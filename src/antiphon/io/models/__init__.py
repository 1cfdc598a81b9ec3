"""Models on disk, and what was found out about them."""
