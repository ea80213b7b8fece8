"""Makes ready what `make test` and `make demo` need, all of it in `.build`; does nothing where that is done.

`.build/venv` holds the Python tools, `.build/terraform.rc` says where Terraform finds the aws provider, and
the shell reads `.build/environment` before it runs anything else. `set_up/set-up` starts this module with a
Python that is new enough; only the standard library is there.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from set_up import terraform_provider
from set_up.paths import BUILD, ROOT, SECONDS
from set_up.terraform_provider import SetUpError


def main() -> int:
    begin = time.monotonic()
    try:
        terraform = terraform_provider.find_terraform()
        install_python_tools(ROOT / "pyproject.toml", BUILD / "venv")
        terraform_provider.prepare(terraform, ROOT / "versions.tf", BUILD)
        SECONDS.write_text(f"{time.monotonic() - begin:.1f}")
    except SetUpError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def install_python_tools(pyproject: Path, directory: Path) -> None:
    """Fills a virtual environment with the project and its tools, again when pyproject.toml or Python changed."""
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
    # The user's own settings of pip count (index, proxy, certificates). Its cache is all that it would write
    # outside of the project.
    pip = subprocess.run(  # noqa: S603
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", f"{ROOT}[dev]"],
        env={**os.environ, "PIP_CACHE_DIR": str(BUILD / "pip")},
        check=False,
    )
    if pip.returncode:
        raise SetUpError("pip could not install the Python tools (see above): it needs PyPI or PIP_INDEX_URL")
    shutil.rmtree(BUILD / "pip", ignore_errors=True)
    stamp.write_text("\n".join(wanted))


if __name__ == "__main__":
    sys.exit(main())
