"""What the separator is compared with."""
