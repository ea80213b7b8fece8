"""What `make` runs: set-up and the demo."""
