"""Whole rotations on the local AWS."""
