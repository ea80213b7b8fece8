"""A new moto fails here, with the name of what changed under a patch."""

from local_aws import patches


def test_moto_is_as_it_was_when_the_patches_were_written(local_aws: str) -> None:
    found = patches(local_aws)
    assert len(found) > 80
    assert [patch for patch in found if patch["found"] != patch["written_against"]] == []
