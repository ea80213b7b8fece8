"""The resource-based policy, rewritten for the copy.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
"""

import json
import re

from rotator.aws_errors import translated_errors
from rotator.tables import Tables


def carry_over_resource_policy(tables: Tables) -> bool:
    policy = _policy_of(tables.source_arn, tables)
    if policy is None:
        return False
    # The name of another table may start with that of this one.
    wanted = re.sub(rf"{re.escape(tables.source_arn)}(?![\w.-])", tables.target_arn, policy)
    there = _policy_of(tables.target_arn, tables)
    if there is None or json.loads(there) != json.loads(wanted):
        with translated_errors():
            tables.clients.dynamodb.put_resource_policy(ResourceArn=tables.target_arn, Policy=wanted)
    return True


def _policy_of(table_arn: str, tables: Tables) -> str | None:
    dynamodb = tables.clients.dynamodb
    with translated_errors():
        try:
            return dynamodb.get_resource_policy(ResourceArn=table_arn)["Policy"]
        except dynamodb.exceptions.PolicyNotFoundException:
            return None
