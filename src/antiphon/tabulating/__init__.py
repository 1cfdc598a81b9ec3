"""What stage tabulate does with a deployment: units are counted and keep their sums, sums become tables."""
