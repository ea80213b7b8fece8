"""`make docs`: writes what is derived from the sources, where it is out of date."""

import sys

from documentation.reference import Undescribed, with_tables
from set_up.paths import ROOT


def main() -> int:
    for readme in (ROOT / "README.md", *ROOT.glob("modules/*/README.md")):
        page = readme.read_text()
        try:
            readme.write_text(with_tables(page, readme.parent))
        except Undescribed as error:
            print(f"docs: {readme.parent.relative_to(ROOT)}/variables.tf: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
