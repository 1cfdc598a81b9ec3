"""The two commands for the first day on a cluster: ``antiphon check`` and ``antiphon plan``."""
