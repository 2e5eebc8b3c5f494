"""The `changebg` command; one file per subcommand."""
