"""What can go wrong between us and a server. Errors carry data, not prose.

The text of an error holds its code, the status and the path without arguments: never an address, a token or a name.
Causes from below are cut off (`from None`), because their texts do hold addresses.
"""

from typing import ClassVar


class PlexError(Exception):
    """Base of every error of this ring."""

    code: ClassVar[str] = "plex_error"
    """Stable word for programs and translations."""

    def __init__(self, *, status: int = 0, errno: int = 0, path: str = "", reason: str = "") -> None:
        """Keep the data; `path` must come without arguments, `reason` is one stable word."""
        super().__init__(status, errno, path, reason)
        self.status = status
        """HTTP status, 0 when there was no answer."""
        self.errno = errno
        """Of the operating system, 0 when it gave none."""
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        """Name the code and what is known of it."""
        facts = (self.reason, f"status {self.status}" if self.status else "", self.path)
        return " ".join((self.code, *(fact for fact in facts if fact)))


class AddressError(PlexError):
    """The address does not lead to our server now; another one may."""

    code = "address_error"


class Unreachable(AddressError):
    """No connection, or it broke off. `reason`: `dns`, `refused`, `network`, `closed`, `no_address`."""

    code = "unreachable"

    def __init__(
        self, *, sent: bool = False, status: int = 0, errno: int = 0, path: str = "", reason: str = ""
    ) -> None:
        """Keep the data."""
        super().__init__(status=status, errno=errno, path=path, reason=reason)
        self.sent = sent
        """The request may have reached the server: repeating one that changes something is not safe."""


class TimedOut(Unreachable):
    """No answer within the limit. `reason`: `connect` or `read`."""

    code = "timed_out"


class CertificateInvalid(AddressError):
    """TLS verification failed. `reason`: `expired`, `hostname`, `self_signed` or `untrusted`.

    `hostname` is what a plain `https://<ip>:32400` gives: the certificate is made for a name below plex.direct.
    """

    code = "certificate_invalid"


class WrongScheme(AddressError):
    """The port speaks the other of http and https; `reason` is the one it speaks."""

    code = "wrong_scheme"


class NotPlex(AddressError):
    """Something answers there, but no Plex Media Server."""

    code = "not_plex"


class WrongServer(AddressError):
    """A Plex server answers, but another one than expected; it was sent no token."""

    code = "wrong_server"

    def __init__(self, *, found: str, path: str = "") -> None:
        """Keep the stranger's machineIdentifier; the text leaves it out."""
        super().__init__(path=path)
        self.found = found


class NotReady(PlexError):
    """The server is starting up or in maintenance (503): ask again later."""

    code = "not_ready"


class Unauthorized(PlexError):
    """The token is refused (401): sign in again."""

    code = "unauthorized"


class Forbidden(PlexError):
    """The token is good but not the owner's (403)."""

    code = "forbidden"


class PlexPassRequired(PlexError):
    """The server lacks the feature, although the token is good. Never a reason to sign in again."""

    code = "plex_pass_required"


class NotFound(PlexError):
    """No such thing (404): a stream that ended, a library that is gone, an unknown preference."""

    code = "not_found"


class Rejected(PlexError):
    """The server refuses the request as such (any other 4xx), or a value we were asked to send is none it can take."""

    code = "rejected"


class ServerFault(PlexError):
    """The server failed at the request (5xx without 503)."""

    code = "server_fault"


class InvalidAnswer(PlexError):
    """The answer cannot be read. `reason`: `format`, `too_large` or `redirect`."""

    code = "invalid_answer"


class RateLimited(PlexError):
    """plex.tv asks us to slow down (429); `retry_after` in seconds, 0 when it does not say."""

    code = "rate_limited"

    def __init__(self, *, retry_after: float = 0, path: str = "") -> None:
        """Keep the wait."""
        super().__init__(status=429, path=path)
        self.retry_after = retry_after


class PinExpired(PlexError):
    """Nobody approved the sign-in in time."""

    code = "pin_expired"


class PinDenied(PlexError):
    """plex.tv forgot the sign-in before its time was up: somebody refused it, or it was used already."""

    code = "pin_denied"
