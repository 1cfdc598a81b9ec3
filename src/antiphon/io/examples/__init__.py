"""Examples to learn from, and the lists that say what they are made of."""
