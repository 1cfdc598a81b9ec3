"""Sound to spectrogram and back; pure functions on arrays."""
