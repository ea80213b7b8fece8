"""What `make docs` writes: the tables of inputs and outputs, and the pictures."""
