"""Generated voices, in pictures and a page."""
