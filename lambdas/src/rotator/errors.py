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


class NotYet(RotationError):
    """AWS can't do it now, but will, if only after hours. Retried for as long as the rotation may last."""


class TemporaryFailure(RotationError):
    """AWS failed, or its answer was lost. Retried a few times."""


class RotationTimedOut(RotationError):
    """The rotation has lasted for longer than it may."""


class TargetTableTaken(RotationError):
    """A table with the target's name is there, and this rotation did not make it."""


class TableNotFound(RotationError):
    """The target table is not there, although its restore began."""


class UnexpectedTableStatus(RotationError):
    """The target table is in a status that a restore does not lead through."""


class RestoreJobFailed(RotationError):
    """AWS Backup gave the restore up; the message is its own."""


class RestoreOptionImpossible(RotationError):
    """The rule asks for what can't be had of this recovery point."""


class SettingsNotApplied(RotationError):
    """The target table does not have all the settings that its rule asks for."""


class VerificationFailed(RotationError):
    """The target table is not what was backed up."""


class ParameterTaken(RotationError):
    """The parameter holds what is not a copy of the source table."""


class DeletionNotAllowed(RotationError):
    """DynamoDB does not let the module delete a copy of its own."""
