"""What must hold across languages: Python, HCL, the state machine, the README."""
