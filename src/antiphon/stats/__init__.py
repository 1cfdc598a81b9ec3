"""From spectrograms to numbers; every statistic adds up."""
