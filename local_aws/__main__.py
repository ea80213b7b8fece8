"""`python -m local_aws`: the local AWS in the foreground, until it is interrupted."""

import argparse
import sys
from dataclasses import fields

from local_aws.server import serve
from local_aws.settings import Settings, settings


def main() -> int:
    """Sets the settings from the command line and serves."""
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=Settings.__doc__)
    for field in fields(Settings):
        default = getattr(settings, field.name)
        many = isinstance(default, tuple)
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(default[0] if many else default),
            nargs=len(default) if many else None,
            default=default,
            help="default: %(default)s",
        )
    for name, value in vars(parser.parse_args()).items():
        setattr(settings, name, tuple(value) if isinstance(value, list) else value)
    return serve(settings.port)


if __name__ == "__main__":
    sys.exit(main())
