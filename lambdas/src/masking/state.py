"""The state of an execution that masks a table: every key that a function or the state machine reads or writes.

No key holds a value of an item. A segment's position is a table key, and sealed.
"""

from typing import Generic, NotRequired, TypedDict, TypeVar


class HookInput(TypedDict):
    """The input of the execution: what a rotation gives its hook, or what somebody writes by hand."""

    TargetTableName: str
    DryRun: NotRequired[bool]


class CheckTableInput(TypedDict):
    """What `check_table` receives."""

    Input: HookInput


class Table(TypedDict):
    """`Key` names the partition key, then the sort key if there is one."""

    Name: str
    Key: list[str]


class MaskCounts(TypedDict):
    """Of `mask_segment`, which may scan an item that it moved again, under the new key.

    An item counts as changed once, even where it was written again because it had changed meanwhile.
    """

    ItemsScanned: int
    ItemsChanged: int
    WriteUnits: float
    Unlisted: NotRequired[list[str]]
    """Of executions that were started before the proof listed them."""


class VerifyCounts(TypedDict):
    """Of `verify_segment`: how many values each rule's path leads to, with the rules in the order of their paths.

    `Unlisted` holds the paths that no rule lists, or the first of them, where all have to be listed.
    """

    ItemsScanned: int
    Masked: list[int]
    NotMasked: list[int]
    Unlisted: list[str]


class MarkCounts(TypedDict):
    """Of `remove_marks`."""

    ItemsChanged: int
    WriteUnits: float


class ReportCounts(TypedDict):
    """Of `report_attributes`: how many values of each type each path leads to, or `Truncated` of the first paths."""

    ItemsScanned: int
    Attributes: dict[str, dict[str, int]]
    Truncated: bool


Counts = TypeVar("Counts")


class Segment(TypedDict, Generic[Counts]):
    """A part of the table, as a function receives and returns it. `Counts` is empty until a function has worked on it.

    `Settings` is the fingerprint of those that the execution began with.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan
    """

    Table: Table
    Number: int
    Of: int
    Position: str | None
    Done: bool
    Settings: NotRequired[str]
    Counts: Counts


class CheckTableOutput(TypedDict):
    """`RemoveMarks` says whether some rule's method leaves marks that are to be removed in the end."""

    TableName: str
    DryRun: bool
    RemoveMarks: bool
    Segments: list[Segment[dict[str, object]]]


class SummarizeInput(TypedDict, total=False):
    """What `summarize` receives: `Masked` and `Verified`, or of a dry run `Reported`."""

    Masked: list[Segment[MaskCounts]]
    Verified: list[Segment[VerifyCounts]]
    Reported: list[Segment[ReportCounts]]


class MaskedAttribute(TypedDict):
    """What became of a rule's path."""

    Method: str
    Masked: int


class Summary(TypedDict):
    """The output of the execution, and so of the hook."""

    TableName: str
    ItemsScanned: int
    ItemsChanged: int
    WriteUnits: float
    Attributes: dict[str, MaskedAttribute]


class MaskingState(TypedDict, total=False):
    """The state of an execution."""

    CheckTableOutput: CheckTableOutput
    Reported: list[Segment[ReportCounts]]
    Masked: list[Segment[MaskCounts]]
    Verified: list[Segment[VerifyCounts]]
    Summary: Summary


class Report(TypedDict):
    """The output of a dry run: how many values of each type are at each path, or `Truncated` at the first paths."""

    TableName: str
    ItemsScanned: int
    Attributes: dict[str, dict[str, int]]
    Truncated: NotRequired[bool]
