"""The season's page and pictures."""
