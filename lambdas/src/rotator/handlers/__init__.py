"""The Lambda functions: each parses what it is given, calls one thing, and returns."""
