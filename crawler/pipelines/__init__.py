"""The steps a finished item takes, one a file, in the order that settings give them."""
