"""The recordings of a season: deployments, clocks, folders, and the catalogue of what was found."""
