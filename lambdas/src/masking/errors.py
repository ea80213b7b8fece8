"""The errors of masking. No message holds a value or a key of an item.

The name of a class is the error name that Step Functions shows
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
"""

from rotator.errors import RotationError


class InvalidInput(RotationError):
    """The execution was started with an input, or a rule is written in a way, that masking does not understand."""


class NotACopy(RotationError):
    """The table is none that a rotation created."""


class KeyMethodNotRecognisable(RotationError):
    """A rule masks a key of the table by a method whose masks a second run would mask again, or that removes it."""


class IndexKeyRemoved(RotationError):
    """A rule removes an attribute that is a key of an index, which would take the items out of the index."""


class UnsupportedType(RotationError):
    """A rule's method does not apply to the type of an attribute."""


class KeysCollide(RotationError):
    """Two items would end up with the same key."""


class UnlistedAttributes(RotationError):
    """The table has attributes that no rule lists, where all have to be listed."""


class SettingsChanged(RotationError):
    """The settings changed while the execution ran, so that what it has counted does not fit them."""


class NotMasked(RotationError):
    """The proof found attributes that are not masked."""
