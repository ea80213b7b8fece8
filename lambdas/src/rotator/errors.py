"""The errors that are our own, not those of AWS.

The name of a class is the error name that Step Functions shows and that the state machine may retry
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
"""


class RotationError(Exception):
    """The base of all errors here; the message names the value that was wrong."""


class MissingSetting(RotationError):
    """An environment variable that the function needs is not set."""


class UnreadableEvent(RotationError):
    """A completed backup, or what may be one, in an unrecognised format, or something that no channel accepts."""


class InvalidRefresh(RotationError):
    """The request for a refresh is not understood, or leads to no recovery point."""


class RulesCollide(RotationError):
    """Several rules lead to the same target table or parameter for one backup."""


class RecoveryPointMismatch(RotationError):
    """The recovery point is not one of the source table that was announced with it."""


class NotARotation(RotationError):
    """The execution was started with an input that `start_workflow` did not make."""


class InvalidTableName(RotationError):
    """The rule turns the source table's name into one that DynamoDB does not accept."""


class InvalidParameterName(RotationError):
    """The rule yields a parameter name that Systems Manager does not accept."""


class NotYet(RotationError):
    """AWS cannot do it now, but will, perhaps hours later. Retried until the execution's time limit."""


class TemporaryFailure(RotationError):
    """AWS failed, or its response was lost. Retried a few times."""


class TargetTableTaken(RotationError):
    """A table with the target's name exists, and this rotation did not create it."""


class TooManyTags(RotationError):
    """The target table would have more tags than DynamoDB accepts."""


class TableNotFound(RotationError):
    """The target table does not exist, although its restore was started."""


class UnexpectedTableStatus(RotationError):
    """The target table is in a status that is not part of a restore."""


class RestoreJobFailed(RotationError):
    """AWS Backup gave up the restore. The message is its own."""


class RestoreOptionImpossible(RotationError):
    """The rule asks for something that is not available for this recovery point."""


class SettingsNotApplied(RotationError):
    """The target table could not be given all the settings that its rule asks for."""


class VerificationFailed(RotationError):
    """The target table is not what was backed up."""


class ParameterTaken(RotationError):
    """The parameter holds something other than a copy of the source table by this rule."""


class ParameterFull(RotationError):
    """The parameter has as many versions as Systems Manager keeps, and a label holds on to the oldest."""


class InvalidRequest(RotationError):
    """A function was invoked by hand with something that it does not understand."""


class UnknownParameter(RotationError):
    """The parameter to roll back or release does not exist, or no rule names it."""


class NothingToRollBackTo(RotationError):
    """The parameter's history names no earlier copy that still exists and belongs to the rule."""


class DeletionNotAllowed(RotationError):
    """DynamoDB does not let the module delete one of its own copies."""


class VerdictRefused(RotationError):
    """AWS Backup does not accept the verdict on a restore job. The message has its own."""
