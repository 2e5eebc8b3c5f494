"""The server's calls: one session from its legs to its end, and all of them supervised."""
