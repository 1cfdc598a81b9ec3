"""How good a model is and how it learned, in pictures and pages."""
