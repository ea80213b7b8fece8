"""Canaries: each behaviour of the local AWS."""
