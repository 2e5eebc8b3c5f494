"""The compiled inner loops, by theme. Each has a plain-numpy twin in tests/twins that defines what it computes."""
