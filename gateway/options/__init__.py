"""What can be asked on the command line, in the environment and in a file, and how text becomes a value."""
