"""Masks the e-mail addresses in a restored table, before anybody is pointed at it.

What the rotator gives to this function is described in the README of the module. What it returns is kept in the state
of the rotation; if it raises, the parameter stays where it was.
"""

import hashlib

import boto3

ATTRIBUTE = "email"

dynamodb = boto3.resource("dynamodb")


def handler(event, _context):
    """Returns how many addresses were masked. A second run changes nothing, as rotations may be run again."""
    table = dynamodb.Table(event["TargetTableName"])
    key_names = [key["AttributeName"] for key in table.key_schema]
    masked = 0
    for item in items_with_address(table, key_names):
        table.update_item(
            Key={name: item[name] for name in key_names},
            UpdateExpression="SET #email = :masked",
            ExpressionAttributeNames={"#email": ATTRIBUTE},
            ExpressionAttributeValues={":masked": mask(item[ATTRIBUTE])},
        )
        masked += 1
    return {"MaskedAddresses": masked}


def items_with_address(table, key_names):
    names = {f"#{number}": name for number, name in enumerate([*key_names, ATTRIBUTE])}
    scan = {
        "ProjectionExpression": ", ".join(names),
        "FilterExpression": "attribute_exists(#email)",
        "ExpressionAttributeNames": names | {"#email": ATTRIBUTE},
        "ConsistentRead": True,
    }
    while True:
        page = table.scan(**scan)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def mask(address):
    """The same address becomes the same mask, so that what belongs together still does."""
    if address.endswith("@masked.invalid"):
        return address
    return f"{hashlib.sha256(address.lower().encode()).hexdigest()[:16]}@masked.invalid"
