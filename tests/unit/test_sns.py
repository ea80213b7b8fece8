"""Which notifications are read, and as what."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotator.channels.sns import read_notification
from rotator.errors import UnreadableEvent
from rotator.recovery_points import RecoveryPoint
from rotator.timestamps import to_iso8601
from rotator.wording import quoted

SAMPLES = Path(__file__).parent / "samples"
JOB_ID = "5a772b5a-36d5-4a69-9b18-ed2f5213c659"
START_TIME = "2019-09-02T13:48:52.226Z"
TEXTS = {
    "real": (
        "An AWS Backup job was completed successfully. Recovery point ARN: {recovery_point}. "
        "Backed up Resource ARN : {table}. Backup Job Id : {job}"
    ),
    "documented": (
        "An AWS Backup job was completed successfully. Recovery point ARN: {recovery_point}. "
        "Resource ARN : {table}. BackupJob ID : {job}"
    ),
}


def table_arn(name: str, partition: str = "aws") -> str:
    return f"arn:{partition}:dynamodb:us-east-1:637093487455:table/{name}"


def notification(message: str, **attributes: str) -> dict[str, Any]:
    attributes = {"EventType": "BACKUP_JOB", "State": "COMPLETED", "StartTime": START_TIME} | attributes
    return {
        "Message": message,
        "MessageAttributes": {
            name: {"Type": "String", "Value": value} for name, value in attributes.items() if value != "absent"
        },
    }


def completed(table: str = "orders", text: str = "real", **attributes: str) -> dict[str, Any]:
    arn = table_arn(table)
    message = TEXTS[text].format(recovery_point=f"{arn}/backup/01568804569000-d3306d76", table=arn, job=JOB_ID)
    return notification(message, **attributes)


def test_a_recorded_notification_is_read_in_full() -> None:
    event = json.loads((SAMPLES / "start/completed-native-recovery-point.json").read_text())

    assert read_notification(event["Records"][0]["Sns"]) == RecoveryPoint(
        arn=f"{table_arn('MyDynamoDBTable')}/backup/01568804569000-d3306d76",
        source_table_arn=table_arn("MyDynamoDBTable"),
        backup_time=datetime(2019, 9, 2, 13, 48, 52, 226000, tzinfo=UTC),
        job_id=JOB_ID,
        status_message="An AWS Backup job was completed successfully.",
    )


@pytest.mark.parametrize("text", TEXTS)
@given(name=st.from_regex(r"[a-zA-Z0-9_.-]{3,255}", fullmatch=True))
def test_any_name_of_a_table_survives_in_both_texts(text: str, name: str) -> None:
    point = read_notification(completed(name, text))

    assert point is not None
    assert point.source_table_name == name


def test_partitions_other_than_the_first_are_read() -> None:
    arn = table_arn("orders", partition="aws-us-gov")
    message = TEXTS["real"].format(recovery_point=f"{arn}/backup/x", table=arn, job=JOB_ID)

    point = read_notification(notification(message))

    assert point is not None
    assert point.source_table_arn == arn


@pytest.mark.parametrize("attribute", ["EventType", "State"])
def test_the_text_decides_where_an_attribute_is_absent(attribute: str) -> None:
    assert read_notification(completed(**{attribute: "absent"})) is not None
    failed = notification("An AWS Backup job failed. " + table_arn("orders"), **{attribute: "absent"})
    assert read_notification(failed) is None


@pytest.mark.parametrize("attributes", [{"EventType": "COPY_JOB"}, {"State": "FAILED"}])
def test_the_attributes_decide_where_they_are_there(attributes: dict[str, str]) -> None:
    assert read_notification(completed(**attributes)) is None


@pytest.mark.parametrize("start_time", ["absent", "yesterday", "2019-09-02", "2019-09-02T13:48:52"])
def test_a_backup_without_a_start_time_in_utc_is_unreadable(start_time: str) -> None:
    with pytest.raises(UnreadableEvent, match="start time"):
        read_notification(completed(StartTime=start_time))


@pytest.mark.parametrize(("ahead", "readable"), [(timedelta(minutes=1), True), (timedelta(days=400), False)])
def test_no_backup_starts_in_the_future(ahead: timedelta, readable: bool) -> None:
    start_time = to_iso8601(datetime.now(UTC) + ahead)
    if readable:
        assert read_notification(completed(StartTime=start_time))
    else:
        with pytest.raises(UnreadableEvent, match=f"start time .* {start_time}, which lies in the future"):
            read_notification(completed(StartTime=start_time))


@given(message=st.text(), attributes=st.dictionaries(st.text(), st.text()))
def test_no_text_fails_in_another_way_than_as_unreadable(message: str, attributes: dict[str, str]) -> None:
    try:
        point = read_notification(notification(message, **attributes))
    except UnreadableEvent as error:
        assert quoted(message) in str(error)  # noqa: PT017
    else:
        assert point is None
