"""The Lambda handlers, each showing only what sets it apart."""
