"""The Lambda functions. Each shows only what sets it apart: the call that it makes, and the clients that this needs."""
