"""The resource-based policy, rewritten for the copy.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
"""

import json

from rotator.aws_errors import answered
from rotator.carry_over.tables import Tables


def carry_over_resource_policy(tables: Tables) -> bool:
    tables.existing_source  # noqa: B018 (raises where there is none)
    policy = _policy_of(tables.source_arn, tables)
    if policy is None:
        return False
    wanted = policy.replace(tables.source_arn, tables.target_arn)
    there = _policy_of(tables.target_arn, tables)
    if there is None or json.loads(there) != json.loads(wanted):
        with answered():
            tables.clients.dynamodb.put_resource_policy(ResourceArn=tables.target_arn, Policy=wanted)
    return True


def _policy_of(table_arn: str, tables: Tables) -> str | None:
    dynamodb = tables.clients.dynamodb
    with answered():
        try:
            return dynamodb.get_resource_policy(ResourceArn=table_arn)["Policy"]
        except dynamodb.exceptions.PolicyNotFoundException:
            return None
