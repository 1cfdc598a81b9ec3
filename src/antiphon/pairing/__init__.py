"""Where examples to learn from come from: four origins, one kind of example, splits that share nothing."""
