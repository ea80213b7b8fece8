"""Which channel an event belongs to."""

from collections.abc import Mapping

from rotator.channels.eventbridge import announced_by_eventbridge
from rotator.channels.found import Found
from rotator.channels.refresh import requested_by_refresh
from rotator.channels.sns import announced_by_sns
from rotator.channels.sweep import found_by_sweep
from rotator.clients import Clients
from rotator.errors import UnreadableEvent
from rotator.settings import WorkflowSettings
from rotator.wording import quoted


def find_recovery_points(event: object, settings: WorkflowSettings, clients: Clients) -> Found:
    """The recovery points that an event leads to.

    Raises `UnreadableEvent` for one that belongs to no channel, and what each channel raises.
    """
    if isinstance(event, Mapping):
        if "Records" in event:
            return announced_by_sns(event)
        if event.get("source") == "aws.backup":
            return announced_by_eventbridge(event, settings, clients)
        if event == {"Sweep": {}}:
            return found_by_sweep(settings, clients)
        if event.keys() == {"Refresh"}:
            return requested_by_refresh(event["Refresh"], settings, clients)
    raise UnreadableEvent(
        'start_workflow accepts notifications and events of AWS Backup, {"Sweep": {}}, and {"Refresh": {"SourceTable": '
        f'"<name>"}}}} or {{"Refresh": {{"Rule": "<name>"}}}}. This is something else: {quoted(event)}'
    )
