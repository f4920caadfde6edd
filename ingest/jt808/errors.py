"""Why a JT/T 808 frame or message cannot be read, or the gateway cannot work."""

from __future__ import annotations

from ingest.errors import IngestError


class Jt808Error(IngestError):
    """Something of JT/T 808 that cannot be read or written."""


class FrameError(Jt808Error):
    """Bytes between two delimiters that are no frame. Nobody known sent them, so nobody is answered."""


class ChecksumError(FrameError):
    """The frame was damaged on its way, or was not built by the standard."""


class MessageError(Jt808Error):
    """A sound frame whose content cannot be read."""


class ShortBodyError(MessageError):
    """The body ends before its last field."""


class UnknownMessageError(MessageError):
    """No message of the standards known here has this id."""


class EncryptedBodyError(MessageError):
    """The body is encrypted (RSA); no key is held."""


class FieldError(Jt808Error):
    """A value that its field cannot carry."""


class GatewayAddressError(Jt808Error):
    """The gateway cannot listen where it was told to."""


class CommandError(Jt808Error):
    """A command that cannot be given to a terminal."""
