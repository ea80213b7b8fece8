"""The tests: see CONTRIBUTING.md for which one goes where."""
