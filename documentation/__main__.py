"""`make docs`: writes what is derived from the sources, where it is out of date."""

import sys

from documentation.errors import DrawingFailed, RecordingFailed
from documentation.pictures import PICTURES
from documentation.reference import Undescribed, with_tables
from set_up.paths import ROOT


def main() -> int:
    try:
        for readme in (ROOT / "README.md", *ROOT.glob("modules/*/README.md")):
            readme.write_text(with_tables(readme.read_text(), readme.parent))
        for picture in PICTURES:
            if not picture.is_current():
                print(f"docs: making {picture.file.relative_to(ROOT)}", flush=True)
                picture.write()
    except (DrawingFailed, RecordingFailed, Undescribed) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
