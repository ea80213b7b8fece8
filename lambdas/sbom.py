"""Prints which packages the layer contains: requirements.txt as a software bill of materials.

CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/. A release carries it.
"""

import json
import re
from pathlib import Path

_REQUIREMENT = re.compile(r"^([\w-]+)==([\w.]+) \\\n +--hash=sha256:([0-9a-f]{64})$", re.MULTILINE)


def bill_of_materials(requirements: str) -> dict[str, object]:
    """The document for the text of a requirements file in which each package has one version and one hash."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [
            {
                "type": "library",
                "name": name,
                "version": version,
                # https://github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md
                "purl": f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for name, version, digest in _REQUIREMENT.findall(requirements)
        ],
    }


if __name__ == "__main__":
    print(json.dumps(bill_of_materials((Path(__file__).parent / "requirements.txt").read_text()), indent=2))
