"""IAM: roles, policies, and their enforcement for every call."""
