"""A sound file: its header, its samples, what its recorder and its name say."""
