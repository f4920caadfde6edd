from __future__ import annotations

from fleet.errors import UnavailableError


class LocalServiceError(UnavailableError):
    """A local service cannot be provided; `detail` says what is wrong and where, `remedy` what to do."""


class EngineUnavailableError(LocalServiceError):
    """The binaries of an engine cannot be fetched or do not run on this machine."""


class ServiceFailedError(LocalServiceError):
    """A process did not become ready, or cannot be kept running."""


class AlreadyRunningError(LocalServiceError):
    """Another stack holds the data folder."""


class PortTakenError(LocalServiceError):
    """The port that was asked for belongs to another program."""


class CertificateError(LocalServiceError):
    """The certificate of the broker's TLS listener cannot be used or made."""
