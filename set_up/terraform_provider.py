"""Terraform and its aws provider: from the Registry where it is reachable, else from a directory of this machine.

Terraform reads the choice from a CLI configuration in `.build`, so the home directory stays as it was. The
user's own CLI configuration (`TF_CLI_CONFIG_FILE`) is left in charge where there is one. The directories are
those of https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

NEEDED = (1, 11)
REGISTRY = "registry.terraform.io"
PROVIDER = "hashicorp/aws"

CONFIGURATION = """\
provider_installation {{
  filesystem_mirror {{
    path    = {tree}
    include = ["{provider}"]
  }}
  direct {{
    exclude = ["{provider}"]
  }}
}}
"""


class SetUpError(Exception):
    """Something that the user has to put right; the text is one line and says what."""


@dataclass(frozen=True)
class Terraform:
    """The executable in PATH; `platform` is, for example, `linux_amd64`."""

    executable: str
    version: str
    platform: str


def find_terraform() -> Terraform:
    """Raises `SetUpError` where Terraform is missing, broken or too old."""
    needed = "Terraform {}.{} or newer is needed".format(*NEEDED)
    executable = shutil.which("terraform")
    if executable is None:
        raise SetUpError(f"no terraform in PATH; {needed}: https://developer.hashicorp.com/terraform/install")
    answer = _run([executable, "version", "-json"], _environment())
    try:
        found = json.loads(answer.stdout)
        terraform = Terraform(executable, found["terraform_version"], found["platform"])
    except (ValueError, KeyError):
        raise SetUpError(f"{executable} does not tell its version; {needed}") from None
    if not is_new_enough(terraform.version):
        raise SetUpError(f"{executable} is Terraform {terraform.version}; {needed}")
    return terraform


def is_new_enough(version: str) -> bool:
    """Whether a version, such as `1.11.4` or `1.12.0-beta1`, is at least the one that is needed."""
    return tuple(map(int, re.findall(r"\d+", version)[:2])) >= NEEDED


def prepare(terraform: Terraform, versions: Path, build: Path) -> None:
    """Writes `environment` into `build`, for the shell, once `terraform init` has found the provider with it.

    `versions` is the file that says which versions of the provider will do.
    """
    environment_file, stamp = build / "environment", build / "terraform.stamp"
    own = users_configuration(os.environ)
    wanted = json.dumps([*vars(terraform).values(), str(own), str(build), versions.read_text()])
    is_done = environment_file.is_file() and stamp.is_file() and stamp.read_text() == wanted
    if is_done and _holds_provider(_probed_tree(build), terraform.platform):
        return

    stamp.unlink(missing_ok=True)
    settings = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(_choose(terraform, versions, build, own))}
    environment_file.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()))
    stamp.write_text(wanted)


def users_configuration(variables: Mapping[str, str]) -> Path | None:
    """The CLI configuration that the user names, if there is one: of a missing file, Terraform only warns."""
    named = variables.get("TF_CLI_CONFIG_FILE")
    return Path(named).absolute() if named and Path(named).is_file() else None


def provider_trees(root: Path, home: Path, variables: Mapping[str, str], platform: str) -> Iterator[Path]:
    """The directories that hold the provider for this platform: Terraform's own, then those near `root`.

    An image that is made for work without a network keeps providers just below the root of its file system, or
    one directory deeper.
    """
    for directory in (*plugin_directories(home, variables), *_directories_near(root)):
        if _holds_provider(directory, platform):
            yield directory


def plugin_directories(home: Path, variables: Mapping[str, str]) -> list[Path]:
    """Where Terraform itself looks for providers that someone put there, on Linux, the BSDs and macOS."""
    data_home = variables.get("XDG_DATA_HOME") or home / ".local" / "share"
    data_directories = (variables.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    return [
        home / ".terraform.d" / "plugins",
        home / "Library" / "Application Support" / "io.hashicorp.terraform" / "plugins",
        Path("/Library/Application Support/io.hashicorp.terraform/plugins"),
        *(Path(directory) / "terraform" / "plugins" for directory in (data_home, *data_directories)),
    ]


def _choose(terraform: Terraform, versions: Path, build: Path, own: Path | None) -> Path:
    # Init in a directory that needs nothing but the provider shows whether Terraform gets it. What it downloads
    # stays there and serves all later runs, which then need no network.
    probe = _probed_tree(build).parent.parent
    shutil.rmtree(probe, ignore_errors=True)
    probe.mkdir(parents=True)
    shutil.copy(versions, probe)

    print("set-up: getting Terraform's aws provider (once; 700 MB where it is downloaded)", flush=True)
    refused = _init(terraform, probe, _environment())
    if not refused and own is not None:
        print(f"set-up: your Terraform CLI configuration is used: {own}", flush=True)
        return own
    if not refused:
        return _configuration(build, _probed_tree(build))

    for tree in provider_trees(Path("/"), Path.home(), os.environ, terraform.platform):
        configuration = _configuration(build, tree)
        if not _init(terraform, probe, {**_environment(), "TF_CLI_CONFIG_FILE": str(configuration)}):
            print(f"set-up: with no way to the Registry, the aws provider is taken from {tree}", flush=True)
            return configuration

    raise SetUpError(
        f"Terraform's aws provider is not on this machine, and the Registry does not give it ({refused}); to work "
        f"without a network, unpack the provider for {terraform.platform} into "
        f"~/.terraform.d/plugins/{REGISTRY}/{PROVIDER}/<version>/{terraform.platform}/"
    )


def _init(terraform: Terraform, directory: Path, variables: dict[str, str]) -> str:
    """The reason why `terraform init` failed, in one line; empty if it did not."""
    command = [terraform.executable, f"-chdir={directory}", "init", "-no-color", "-input=false", "-upgrade"]
    answer = _run(command, variables)
    if answer.returncode == 0:
        return ""
    text = " ".join(answer.stderr.split())
    return re.sub(r"^.* for provider \S+: ", "", text).split(": ")[0][:200]


def _environment() -> dict[str, str]:
    """The user's, but for what is meant for another configuration than this."""
    foreign = ("TF_CLI_ARGS", "TF_DATA_DIR", "TF_VAR_", "TF_WORKSPACE")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    if users_configuration(variables) is None:
        variables.pop("TF_CLI_CONFIG_FILE", None)
    return {**variables, "CHECKPOINT_DISABLE": "1"}


def _probed_tree(build: Path) -> Path:
    return build / "terraform" / ".terraform" / "providers"


def _configuration(build: Path, tree: Path) -> Path:
    file = build / "terraform.rc"
    file.write_text(CONFIGURATION.format(tree=json.dumps(str(tree)), provider=PROVIDER))
    return file


def _holds_provider(directory: Path, platform: str) -> bool:
    provider = directory / REGISTRY / PROVIDER
    unpacked, packed = f"*/{platform}/*", f"terraform-provider-aws_*_{platform}.zip"
    try:
        return any(any(provider.glob(pattern)) for pattern in (unpacked, packed))
    except OSError:
        return False


def _directories_near(root: Path) -> list[Path]:
    # The kernel's own file systems hold no packages and are slow to list.
    children = [child for child in _subdirectories(root) if child.name not in {"dev", "proc", "sys"}]
    return [*children, *(grandchild for child in children for grandchild in _subdirectories(child))]


def _subdirectories(directory: Path) -> list[Path]:
    try:
        return sorted(child for child in directory.iterdir() if child.is_dir())
    except OSError:
        return []


def _run(command: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
