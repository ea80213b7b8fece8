"""The ways in which a rotation fails by our own judgement.

A class name is the error name that Step Functions shows and that the state machine may retry or catch
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
"""


class RotationError(Exception):
    """The base of all errors here; the message names the value that was wrong."""


class MissingSetting(RotationError):
    """An environment variable that the function needs is not set."""


class UnreadableNotification(RotationError):
    """A completed backup, or what may be one, in a text or shape that is not understood."""


class InvalidTableName(RotationError):
    """The rule turns the source table's name into one that DynamoDB does not take."""


class InvalidParameterName(RotationError):
    """The rule makes a parameter name that Systems Manager does not take."""


class UnsupportedRecoveryPoint(RotationError):
    """A recovery point that `RestoreTableFromBackup` can't restore."""


class TableNotFound(RotationError):
    """The target table is not there, although its restore began."""


class UnexpectedTableStatus(RotationError):
    """The target table is in a status that a restore does not lead through."""
