"""Masks the e-mail addresses in a restored table, before anybody is pointed at it.

What the rotator gives to this function is described in the README of the module. What it returns is kept in the state
of the rotation; if it raises, the parameter stays where it was.
"""

import hashlib
import hmac
import os

import boto3
from boto3.dynamodb.conditions import Attr

ATTRIBUTE = "email"

dynamodb = boto3.resource("dynamodb")
kms = boto3.client("kms")


def handler(event, _context):
    """Returns how many addresses are masked. A second run changes nothing, as rotations may be run again."""
    table = dynamodb.Table(event["TargetTableName"])
    key_names = [key["AttributeName"] for key in table.key_schema]
    secret = secret_of_masks()
    masked = 0
    for item in items_with_address(table, key_names):
        try:
            table.update_item(
                Key={name: item[name] for name in key_names},
                UpdateExpression="SET #email = :masked",
                # Otherwise, an item that was deleted since the scan would come back as a stub.
                ConditionExpression=Attr(key_names[0]).exists(),
                ExpressionAttributeNames={"#email": ATTRIBUTE},
                ExpressionAttributeValues={":masked": mask(item[ATTRIBUTE], secret)},
            )
        except dynamodb.meta.client.exceptions.ConditionalCheckFailedException:
            continue
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


def secret_of_masks():
    """The same for each run, and nowhere stored: whoever may not use the key cannot try addresses until one fits."""
    mac = kms.generate_mac(KeyId=os.environ["HMAC_KEY_ARN"], Message=b"e-mail addresses", MacAlgorithm="HMAC_SHA_256")
    return mac["Mac"]


def mask(address, secret):
    """The same address becomes the same mask, so that what belongs together still does."""
    if address.endswith("@masked.invalid"):
        return address
    return f"{hmac.new(secret, address.lower().encode(), hashlib.sha256).hexdigest()[:16]}@masked.invalid"
