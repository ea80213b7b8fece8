"""Why a picture could not be made."""


class DrawingFailed(Exception):
    """What draws is missing, or failed; the message says which."""


class RecordingFailed(Exception):
    """The demo failed; the message is what it printed."""
