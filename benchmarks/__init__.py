"""What the module costs, measured."""
