"""A new moto fails here, with the name of what changed under a patch."""

import pytest

from tests.local_aws import services  # noqa: F401  (importing it applies every patch)
from tests.local_aws.patching import PATCHES, Patch


@pytest.mark.parametrize("patch", PATCHES, ids=str)
def test_moto_is_as_it_was_when_the_patch_was_written(patch: Patch) -> None:
    assert patch.found == patch.written_against, f"moto changed under {patch}, which is patched because {patch.because}"
