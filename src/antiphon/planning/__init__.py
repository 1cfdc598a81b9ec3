"""What a season costs before it is computed, and what it did cost: pure numbers, no disk, no scheduler."""
