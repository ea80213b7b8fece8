"""Prepares what `make test` and `make demo` need, all of it in `.build`, unless it is already there.

`.build/venv` holds the Python tools, `.build/terraform.rc` tells Terraform where to find the aws provider, and
`set_up/isolated` sources `.build/environment` before it runs a command. `set_up/set-up` runs this package with a
recent enough Python, and without any third-party package.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from set_up import terraform_provider
from set_up.paths import BUILD, ROOT, SECONDS
from set_up.terraform_provider import SetUpError


def main() -> int:
    begin = time.monotonic()
    try:
        terraform = terraform_provider.find_terraform()
        with ThreadPoolExecutor() as meanwhile:
            prepared = meanwhile.submit(terraform_provider.prepare, terraform, ROOT / "versions.tf", BUILD)
            install_python_tools(ROOT / "pyproject.toml", BUILD / "venv")
            prepared.result()
        SECONDS.write_text(f"{time.monotonic() - begin:.1f}")
    except SetUpError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def install_python_tools(pyproject: Path, directory: Path) -> None:
    """Installs the project and its tools into a virtual environment, again if pyproject.toml or Python has changed."""
    stamp = directory / "set-up.stamp"
    python = directory / "bin" / "python"
    interpreter = f"{sys.base_prefix} {' '.join(sys.version.split())} {ROOT}"
    wanted = [interpreter, hashlib.sha256(pyproject.read_bytes()).hexdigest()]
    installed = stamp.read_text().splitlines() if python.exists() and stamp.is_file() else []
    if installed == wanted:
        return

    print(f"set-up: installing the Python tools into {directory.relative_to(ROOT)} (once)", flush=True)
    if installed[:1] != [interpreter]:
        venv.create(directory, clear=True, with_pip=True, symlinks=True)
    stamp.unlink(missing_ok=True)
    # The user's pip settings apply (index, proxy, certificates). The cache is the only thing that pip would write
    # outside the project.
    pip = subprocess.run(  # noqa: S603
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", f"{ROOT}[dev]"],
        env={**os.environ, "PIP_CACHE_DIR": str(BUILD / "pip")},
        check=False,
    )
    if pip.returncode:
        raise SetUpError(
            "pip could not install the Python tools (see above): set PIP_INDEX_URL if PyPI is not reachable"
        )
    shutil.rmtree(BUILD / "pip", ignore_errors=True)
    stamp.write_text("\n".join(wanted))


if __name__ == "__main__":
    sys.exit(main())
