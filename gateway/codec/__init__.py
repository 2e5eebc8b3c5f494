"""PyAV's codecs and containers, and the frames between them."""
