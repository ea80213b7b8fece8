"""Terraform and its aws provider: from the Registry if it is reachable, otherwise from a directory on this machine.

The choice is a CLI configuration in `.build`, so nothing in the home directory changes. If the user has a CLI
configuration of their own (`TF_CLI_CONFIG_FILE`) and it works, that one is used. The directories are those of
https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
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
    """A problem that only the user can fix; the message is one line."""


@dataclass(frozen=True)
class Terraform:
    """The executable in PATH; `platform` is, for example, `linux_amd64`."""

    executable: str
    version: str
    platform: str


def find_terraform() -> Terraform:
    """Raises `SetUpError` if Terraform is missing, broken or too old."""
    needed = "Terraform {}.{} or newer is needed".format(*NEEDED)
    executable = shutil.which("terraform")
    if executable is None:
        raise SetUpError(f"no terraform in PATH; {needed}: https://developer.hashicorp.com/terraform/install")
    answer = _run([executable, "version", "-json"], _environment())
    try:
        found = json.loads(answer.stdout)
        terraform = Terraform(executable, found["terraform_version"], found["platform"])
    except (ValueError, KeyError):
        raise SetUpError(f"{executable} does not report its version; {needed}") from None
    if not is_new_enough(terraform.version):
        raise SetUpError(f"{executable} is Terraform {terraform.version}; {needed}")
    return terraform


def is_new_enough(version: str) -> bool:
    """Whether a version, such as `1.11.4` or `1.12.0-beta1`, meets the minimum."""
    return tuple(map(int, re.findall(r"\d+", version)[:2])) >= NEEDED


def prepare(terraform: Terraform, versions: Path, build: Path) -> None:
    """Writes `environment` into `build`, for the shell to source, once `terraform init` has succeeded with it.

    `versions` is the file with the module's constraint on the provider's version.
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
    """The CLI configuration that the user has set, if the file exists; Terraform merely warns if it does not."""
    named = variables.get("TF_CLI_CONFIG_FILE")
    return Path(named).absolute() if named and Path(named).is_file() else None


def provider_trees(root: Path, home: Path, variables: Mapping[str, str], platform: str) -> Iterator[Path]:
    """The directories that hold the provider for this platform: Terraform's own first, then those near `root`.

    Images made for working offline keep providers one or two directories below the root of the file system.
    """
    for directory in (*plugin_directories(home, variables), *_directories_near(root)):
        if _holds_provider(directory, platform):
            yield directory


def plugin_directories(home: Path, variables: Mapping[str, str]) -> list[Path]:
    """Where Terraform itself searches for local providers on Linux, the BSDs and macOS."""
    data_home = variables.get("XDG_DATA_HOME") or home / ".local" / "share"
    data_directories = (variables.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    return [
        home / ".terraform.d" / "plugins",
        home / "Library" / "Application Support" / "io.hashicorp.terraform" / "plugins",
        Path("/Library/Application Support/io.hashicorp.terraform/plugins"),
        *(Path(directory) / "terraform" / "plugins" for directory in (data_home, *data_directories)),
    ]


def _choose(terraform: Terraform, versions: Path, build: Path, own: Path | None) -> Path:
    # `terraform init` in a directory that requires only the provider shows whether it is available. Whatever it
    # downloads stays there for later runs, which then need no network.
    probe = _probed_tree(build).parent.parent
    shutil.rmtree(probe, ignore_errors=True)
    probe.mkdir(parents=True)
    shutil.copy(versions, probe)

    print(
        "set-up: installing Terraform's aws provider (once; a download of 700 MB if it is not on this machine)",
        flush=True,
    )
    refused = _init(terraform, probe, _environment())
    if not refused and own is not None:
        print(f"set-up: using your Terraform CLI configuration, {own}", flush=True)
        return own
    if not refused:
        return _configuration(build, _probed_tree(build))

    for tree in provider_trees(Path("/"), Path.home(), os.environ, terraform.platform):
        configuration = _configuration(build, tree)
        if not _init(terraform, probe, {**_environment(), "TF_CLI_CONFIG_FILE": str(configuration)}):
            print(f"set-up: the Terraform Registry is not reachable; using the aws provider in {tree}", flush=True)
            return configuration

    raise SetUpError(
        f"Terraform's aws provider is neither on this machine nor available from the Registry ({refused}); to work "
        f"offline, unpack the provider for {terraform.platform} into "
        f"~/.terraform.d/plugins/{REGISTRY}/{PROVIDER}/<version>/{terraform.platform}/"
    )


def _init(terraform: Terraform, directory: Path, variables: dict[str, str]) -> str:
    """Why `terraform init` failed, in one line; empty if it succeeded."""
    command = [terraform.executable, f"-chdir={directory}", "init", "-no-color", "-input=false", "-upgrade"]
    answer = _run(command, variables)
    return cause(answer.stderr) if answer.returncode else ""


def cause(error: str) -> str:
    """What Terraform or OpenTofu says of a provider that it could not install, without what surrounds it."""
    return re.sub(r"^.* (?:for|resolve) provider \S+: ", "", " ".join(error.split())).split(": ")[0][:200]


def _environment() -> dict[str, str]:
    """The user's environment without settings that are meant for other Terraform configurations."""
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
    # The kernel's virtual file systems hold no providers and are slow to list.
    children = [child for child in _subdirectories(root) if child.name not in {"dev", "proc", "sys"}]
    return [*children, *(grandchild for child in children for grandchild in _subdirectories(child))]


def _subdirectories(directory: Path) -> list[Path]:
    try:
        return sorted(child for child in directory.iterdir() if child.is_dir())
    except OSError:
        return []


def _run(command: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
