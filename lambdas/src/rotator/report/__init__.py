"""Reporting how an execution ended, to people: by e-mail and in chat."""
