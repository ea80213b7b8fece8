"""What `make demo KEEP=1` prints."""

import re

from demo.walkthrough import shell_variables


def test_either_version_of_the_aws_cli_finds_endpoint_and_region() -> None:
    variables = dict(re.findall(r"(AWS_\w+)=(\S+)", shell_variables("http://127.0.0.1:4566", "eu-central-1")))

    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert (variables["AWS_REGION"], variables["AWS_DEFAULT_REGION"]) == ("eu-central-1", "eu-central-1")
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= variables.keys()
