"""Names that AWS accepts: checked, so that a rotation fails before the restore and not hours later, or shortened."""

import hashlib
import re

from rotator.arns import place_of
from rotator.errors import InvalidParameterName, InvalidTableName

_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}", re.ASCII)
_PARAMETER_NAME = re.compile(r"[a-zA-Z0-9_.-]+|(?:/[a-zA-Z0-9_.-]+){1,15}", re.ASCII)
_RESERVED_PARAMETER_PREFIX = re.compile(r"/?(?:aws|ssm)", re.IGNORECASE)
_LONGEST_PARAMETER_ARN = 1011


def check_table_name(name: str) -> None:
    """Raises `InvalidTableName`.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    """
    if not _TABLE_NAME.fullmatch(name):
        raise InvalidTableName(
            f"The rule yields the table name {name!r} of {len(name)} characters. "
            "A table name has 3 to 255 characters from a-z, A-Z, 0-9, '_', '-' and '.': "
            "change the rule's replacement_pattern."
        )


def check_parameter_name(name: str, execution_arn: str) -> None:
    """Raises `InvalidParameterName`. The parameter belongs to the partition, Region and account of the execution.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html
    """
    partition, region, account = place_of(execution_arn)
    arn = f"arn:{partition}:ssm:{region}:{account}:parameter/{name.removeprefix('/')}"
    if (
        not _PARAMETER_NAME.fullmatch(name)
        or _RESERVED_PARAMETER_PREFIX.match(name)
        or len(arn) > _LONGEST_PARAMETER_ARN
    ):
        raise InvalidParameterName(
            f"The rule yields the parameter name {name!r}. A parameter name has up to 15 levels, each after a '/', "
            "from a-z, A-Z, 0-9, '_', '-' and '.', does not start with 'aws' or 'ssm', and has at most "
            f"{_LONGEST_PARAMETER_ARN} characters with its ARN: change the rule's ssm_parameter_name."
        )


def shortened(name: str, longest: int) -> str:
    """The name, or what fits of it and a digest by which it still differs from others."""
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: longest - len(digest) - 1]}-{digest}"
