"""What runs trained networks: one wrapper file for each library, and the only files that import them."""
