"""Sound by formula and mixtures with exact truth; pure functions on arrays."""
