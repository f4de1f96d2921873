"""Python code of the user, named on the command line."""
