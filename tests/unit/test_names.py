"""Names that AWS would refuse, hours later or at once, are refused before a restore begins."""

import pytest

from rotator.errors import InvalidParameterName, InvalidTableName
from rotator.names import check_parameter_name, check_table_name

EXECUTION_ARN = "arn:aws:states:us-east-1:123456789012:execution:rotator:staging-1"
LENGTH_OF_THE_ARN_AROUND_A_NAME = len("arn:aws:ssm:us-east-1:123456789012:parameter/")


@pytest.mark.parametrize("name", ["abc", "a" * 255, "a.b_c-D9"])
def test_a_legal_table_name_passes(name: str) -> None:
    check_table_name(name)


@pytest.mark.parametrize("name", ["ab", "a" * 256, "a/b", "a b", "a$b", "ärger", "abc\n"])
def test_an_illegal_table_name_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidTableName) as refused:
        check_table_name(name)
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["a", "/a", "/a/b.c_d-E", "/1" * 15, "/sta/aws", "a" * (1011 - LENGTH_OF_THE_ARN_AROUND_A_NAME)],
)
def test_a_legal_parameter_name_passes(name: str) -> None:
    check_parameter_name(name, EXECUTION_ARN)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "a/b",
        "/a/",
        "/a//b",
        "/a b",
        "/1" * 16,
        "aws",
        "/AWS/x",
        "/ssm-x",
        "a" * (1012 - LENGTH_OF_THE_ARN_AROUND_A_NAME),
    ],
)
def test_an_illegal_parameter_name_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidParameterName) as refused:
        check_parameter_name(name, EXECUTION_ARN)
    assert repr(name) in str(refused.value)
