"""Classes of clips, such as rain, wind, chainsaw, bird, told apart by classifiers: by itself, or beside a model."""
