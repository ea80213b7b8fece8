"""A new version of moto fails here, by the name of the code that changed under a patch."""

from collections import Counter

from local_aws import patches


def test_moto_has_not_changed_since_the_patches_were_written(local_aws: str) -> None:
    found = patches(local_aws)
    assert len(found) > 80
    assert [patch for patch in found if patch["found"] != patch["written_against"]] == []


def test_every_operation_is_patched_in_one_place(local_aws: str) -> None:
    # moto answers an operation in a response or handler, which calls a method of that name of its backend.
    names = [patch["patches"].split(".") for patch in patches(local_aws)]
    operations = Counter(
        (service, name)
        for _, service, *_, owner, name in names
        if owner.endswith(("Backend", "Handler", "Response")) and not name.startswith("__")
    )
    assert [operation for operation, number in operations.items() if number > 1] == []


def test_every_patch_says_why_and_how_we_know(local_aws: str) -> None:
    # A page of AWS's documentation, a measurement, or the tool itself.
    for patch in patches(local_aws):
        assert patch["because"]
        assert patch["source"] in ("measured", "tool") or patch["source"].startswith("https://docs.aws.amazon.com/")
