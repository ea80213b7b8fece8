"""Links to executions in the AWS Management Console."""

# Those of aws-iso* are not documented. Their sign-in is, in botocore's endpoint rules, and its domain is that of the
# console in all other partitions.
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-iso": "console.c2shome.ic.gov",
    "aws-iso-b": "console.sc2shome.sgov.gov",
    "aws-iso-e": "console.csphome.adc-e.uk",
    "aws-iso-f": "console.csphome.hci.ic.gov",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def link(execution_arn: str) -> str:
    """The execution in the console, or its ARN where the partition's console is unknown."""
    _, partition, _, region, *_ = execution_arn.split(":")
    if partition not in _CONSOLES:
        return execution_arn
    return f"https://{region}.{_CONSOLES[partition]}/states/home?region={region}#/v2/executions/details/{execution_arn}"
