"""The Lambda functions that mask a copy before anybody is pointed at it: a hook for `before_switch`."""
