"""What takes longer."""
