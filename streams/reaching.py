"""Why brokers cannot be reached, in words that say which setting to look at.

A client of Kafka tries again until its time is up, and then knows only that. So the way to each server is
gone once, step by step: its name, its port, TLS, Kafka's protocol, the password, and the brokers that it
names. Nothing of a secret gets into the words.
"""

import socket
import ssl
import time
from contextlib import closing
from dataclasses import dataclass

from streams.access import Access
from streams.event_log import LogMisconfigured, LogUnreachable
from streams.exchange import ILLEGAL_SASL_STATE, MECHANISM, UNSUPPORTED_MECHANISM, Exchange, NoKafka

Trouble = LogUnreachable | LogMisconfigured

NO_SUCH_USER = "it does not know EHR_KAFKA_USER, or EHR_KAFKA_PASSWORD is not that user's"

_LEAST_SECONDS = 0.2
_NOT_YET, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64  # X509_V_ERR_… of OpenSSL


def why_not(access: Access) -> Trouble | None:
    """Why the brokers cannot be reached, None when they can. Takes about ``access.patience`` at most."""
    servers = access.servers.split(",")
    found = [trouble for server in servers if (trouble := _trouble(access, server, len(servers)))]
    if not found:
        return None
    kind = LogMisconfigured if any(isinstance(one, LogMisconfigured) for one in found) else LogUnreachable
    return kind("; ".join(dict.fromkeys(map(str, found))))


def _trouble(access: Access, server: str, servers: int) -> Trouble | None:
    deadline = time.monotonic() + access.patience / servers
    try:
        for broker in _Visit(access, server, deadline).brokers():
            if broker != server:
                _visit_named(server, _Visit(access, broker, deadline))
    except (LogUnreachable, LogMisconfigured) as trouble:
        return trouble
    return None


@dataclass(frozen=True, slots=True)
class _Visit:
    """A way to one server. Its steps raise LogUnreachable and LogMisconfigured."""

    access: Access
    server: str
    deadline: float

    def brokers(self) -> list[str]:
        """Goes all the way; gives the addresses of the brokers as this one tells them."""
        with closing(self._connect()) as plain, closing(self._secure(plain)) as connection:
            return self._converse(Exchange(connection))

    def _connect(self) -> socket.socket:
        host, _, port = self.server.rpartition(":")
        try:
            return socket.create_connection((host.strip("[]"), int(port)), self._left())
        except socket.gaierror:
            raise self._away("no address is known for this name; look at EHR_KAFKA") from None
        except TimeoutError:
            raise self._away(
                "nothing answers there; look at EHR_KAFKA, and at firewalls on the way"
            ) from None
        except ConnectionRefusedError:
            raise self._away(
                "nothing listens there; look at EHR_KAFKA, and whether the broker runs"
            ) from None
        except OSError as error:
            raise self._away(f"it cannot be reached ({error.strerror}); look at EHR_KAFKA") from None

    def _secure(self, plain: socket.socket) -> socket.socket:
        context = self.access.tls()
        if context is None:
            return plain
        host = self.server.rpartition(":")[0].strip("[]").rstrip(".")
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise self._wrong(self._of_certificate(error)) from None
        except OSError as error:
            if _is_alert(error):
                raise self._wrong(self._of_own_certificate()) from None
            if self._speaks_plainly():
                raise self._wrong(
                    f"it speaks no TLS there; name another port, or unset {self._wants_tls()}"
                ) from None
            raise self._away("what listens there does not answer as Kafka does; look at EHR_KAFKA") from None

    def _converse(self, exchange: Exchange) -> list[str]:
        self._greet(exchange)
        try:
            if self.access.user:
                self._sign_in(exchange)
            return exchange.brokers()
        except EOFError:
            if self.access.user:
                raise self._away("it ended the connection") from None
            raise self._wrong("it asks who is there; set EHR_KAFKA_USER and EHR_KAFKA_PASSWORD") from None
        except (OSError, NoKafka):
            raise self._away("it broke off") from None

    def _greet(self, exchange: Exchange) -> None:
        try:
            exchange.greet()
        except (EOFError, OSError, NoKafka) as error:
            if _is_alert(error):  # TLS 1.3 tells only now
                raise self._wrong(self._of_own_certificate()) from None
            if not self.access.secure and self._speaks_tls():
                raise self._wrong(
                    "it speaks TLS there; set EHR_KAFKA_CA, or name its port without TLS"
                ) from None
            raise self._away("what listens there does not answer as Kafka does; look at EHR_KAFKA") from None

    def _sign_in(self, exchange: Exchange) -> None:
        refused = exchange.propose()
        if refused == UNSUPPORTED_MECHANISM:
            raise self._wrong(f"its sasl.enabled.mechanisms lack {MECHANISM}, which EHR_KAFKA_USER is for")
        if refused == ILLEGAL_SASL_STATE:
            raise self._wrong(
                "it asks for no password there; leave EHR_KAFKA_USER empty, or name another port"
            )
        if not exchange.sign_in(self.access.sasl_name or "", self.access.password or ""):
            raise self._wrong(NO_SUCH_USER)

    def _of_certificate(self, error: ssl.SSLCertVerificationError) -> str:
        """What is wrong with the broker's certificate."""
        if error.verify_code in (_OTHER_NAME, _OTHER_ADDRESS):
            return "its certificate is for other names; name it in EHR_KAFKA as the certificate does"
        if error.verify_code == _EXPIRED:
            return "its certificate, or its authority's, has expired; renew it at the broker"
        if error.verify_code == _NOT_YET:
            return "its certificate is not valid yet; look at the clocks"
        known = "EHR_KAFKA_CA names" if self.access.ca else "this machine knows; set EHR_KAFKA_CA"
        return f"its certificate is signed by no authority that {known}"

    def _of_own_certificate(self) -> str:
        """What a broker wants that does not go on after it has seen the certificate, or none."""
        if self.access.certificate:
            return (
                "it does not take the certificate of EHR_KAFKA_CERTIFICATE; its authority may be another one"
            )
        return "it asks for a certificate; set EHR_KAFKA_CERTIFICATE and EHR_KAFKA_KEY"

    def _wants_tls(self) -> str:
        """The settings that ask for TLS."""
        given = {"CA": self.access.ca, "USER": self.access.user, "CERTIFICATE": self.access.certificate}
        return " and ".join(f"EHR_KAFKA_{name}" for name, value in given.items() if value)

    def _speaks_plainly(self) -> bool:
        try:
            with closing(self._connect()) as connection:
                Exchange(connection).greet()
        except (LogUnreachable, EOFError, OSError, NoKafka):
            return False
        return True

    def _speaks_tls(self) -> bool:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # Nothing is told over it.
        try:
            with closing(self._connect()) as plain, closing(context.wrap_socket(plain)):
                return True
        except (LogUnreachable, OSError) as error:
            return _is_alert(error)

    def _left(self) -> float:
        return max(_LEAST_SECONDS, self.deadline - time.monotonic())

    def _away(self, reason: str) -> LogUnreachable:
        return LogUnreachable(f"Kafka at {self.server}: {reason}")

    def _wrong(self, reason: str) -> LogMisconfigured:
        return LogMisconfigured(f"Kafka at {self.server}: {reason}")


def _visit_named(server: str, visit: _Visit) -> None:
    """Goes to a broker that another one has named."""
    try:
        visit.brokers()
    except (LogUnreachable, LogMisconfigured) as trouble:
        raise type(trouble)(
            f"{server} sends clients on to a broker (advertised.listeners): {trouble}"
        ) from None


def _is_alert(error: BaseException) -> bool:
    """Whether the other side has ended TLS with a reason."""
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")
