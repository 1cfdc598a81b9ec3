"""What a season is reported from: its tables, its models, its events, its jobs."""
