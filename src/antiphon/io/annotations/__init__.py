"""What people drew on spectrograms: one reader for each format, one kind of annotation for all."""
