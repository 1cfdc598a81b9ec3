"""How good a method is: scores on examples whose truth is known."""
