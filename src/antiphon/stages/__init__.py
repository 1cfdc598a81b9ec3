"""The ten words: paths in, load, compute, save. Stages never import one another."""
