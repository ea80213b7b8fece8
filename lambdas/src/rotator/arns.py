"""Where things are, by their ARNs."""

from typing import NamedTuple


class Place(NamedTuple):
    """The ARNs of all services name these in the same order.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """

    partition: str
    region: str
    account: str


def place_of(arn: str) -> Place:
    _, partition, _, region, account, _ = arn.split(":", 5)
    return Place(partition, region, account)
