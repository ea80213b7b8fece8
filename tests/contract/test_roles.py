"""What the pages say of the roles is what their policies have."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What a function itself calls. Other services act on its behalf, or get what Lambda sends for it.
CALLED = {"application-autoscaling", "backup", "dynamodb", "sns", "ssm", "states"}


def functions() -> list[str]:
    block = (ROOT / "functions.tf").read_text().split("  functions = {\n")[1].split("\n  }\n")[0]
    return re.findall(r"^    (\w+) = \{$", block, re.MULTILINE)


def roles() -> set[str]:
    """The functions, the other roles of the module by their names in Terraform, and the modules that have one."""
    own = [
        role
        for file in ROOT.glob("*.tf")
        for role in re.findall(r'^resource "aws_iam_role" "(\w+)"', file.read_text(), re.MULTILINE)
    ]
    modules = [
        file.parent.relative_to(ROOT).as_posix()
        for file in ROOT.glob("modules/*/*.tf")
        if 'resource "aws_iam_role"' in file.read_text()
    ]
    return {*functions(), *own, *modules} - {"function"}


def test_the_worst_that_each_role_could_do_is_said() -> None:
    table = (ROOT / "SECURITY.md").read_text().split("| role | the worst |")[1].split("\n\n")[0]

    assert {*re.findall(r"^\| `([^`]+)` \| .+ \|$", table, re.MULTILINE)} == roles()


def test_the_endpoints_are_those_of_the_services_that_each_function_may_call() -> None:
    page = (ROOT / "docs" / "permissions.md").read_text().split("| endpoint | called by |")[1].split("\n\n")[0]
    documented = {}
    for endpoint, callers in re.findall(r"^\| `([\w-]+)`[^|]* \| (.+) \|$", page, re.MULTILINE):
        named = {*re.findall(r"`(\w+)`", callers)} & {*functions()}
        documented[endpoint] = {*functions()} - named if "all functions but" in callers else named

    permitted: dict[str, set[str]] = {service: set() for service in CALLED}
    for function in functions():
        policy = (ROOT / f"iam_{function}.tf").read_text()
        for service in CALLED & {*re.findall(r'"([a-z-]+):\w+"', policy)}:
            permitted[service].add(function)

    assert documented == permitted


def test_the_example_in_a_vpc_has_an_endpoint_for_each_service() -> None:
    network = (ROOT / "examples" / "complete" / "network.tf").read_text()
    interfaces = re.findall(r"for_each = toset\((\[.*\])\)", network)
    gateways = re.findall(r'service_name += "com\.amazonaws\.\$\{local\.region\}\.([a-z]+)"', network)

    assert {*re.findall(r'"([\w-]+)"', interfaces[0]), *gateways} == CALLED
