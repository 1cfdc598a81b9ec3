"""Generators and critics, one published idea a file."""
