"""The only code that touches a disk; a file format is one module."""
