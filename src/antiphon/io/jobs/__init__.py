"""Jobs: what they may occupy and what they did."""
