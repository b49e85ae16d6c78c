"""How brokers are reached, and the files that this takes."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Timer

from streams.event_log import LogMisconfigured


class _TimelySocket(ssl.SSLSocket):
    """Ends a connection whose handshake takes too long, for which Kafka's client would wait for ever, and
    closes one whose handshake fails, which it would forget."""

    _timer: Timer | None = None

    def do_handshake(self, block: bool = False) -> None:
        """Called again and again until it goes through."""
        if self._timer is None:
            assert isinstance(self.context, _Context)
            self._timer = Timer(self.context.patience, self._end)
            self._timer.daemon = True
            self._timer.start()
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            self._timer.cancel()
            self.close()
            raise
        self._timer.cancel()

    def _end(self) -> None:
        with suppress(OSError):  # closed meanwhile
            socket.socket.shutdown(
                self, socket.SHUT_RDWR
            )  # beneath TLS, which another thread may be busy with


class _Context(ssl.SSLContext):
    """patience: seconds that a handshake may take."""

    sslsocket_class = _TimelySocket
    patience = 5.0


@dataclass(frozen=True, slots=True)
class Access:
    """How brokers are reached. servers: ``host:port`` between commas. user, password: for SCRAM-SHA-512,
    over TLS. ca, certificate, key: PEM files. patience: seconds until a broker that does not answer is given
    up."""

    servers: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    patience: float = 5.0

    @property
    def secure(self) -> bool:
        """Whether the brokers are spoken to over TLS."""
        return bool(self.user or self.ca or self.certificate)

    @property
    def sasl_name(self) -> str | None:
        """The user as SCRAM writes it (https://www.rfc-editor.org/rfc/rfc5802#section-5.1)."""
        return self.user and self.user.replace("=", "=3D").replace(",", "=2C")

    def tls(self) -> ssl.SSLContext | None:
        """What TLS is spoken with, None for none. The files are read anew, for they are exchanged at times.

        Raises LogMisconfigured for a file that is not what it must be.
        """
        if not self.secure:
            return None
        context = _Context(ssl.PROTOCOL_TLS_CLIENT)
        context.patience = self.patience
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.ca is None:
            context.load_default_certs()
        else:
            _trust(context, self.ca, "EHR_KAFKA_CA")
        if self.certificate is not None:
            self._show_certificate(context, self.certificate)
        return context

    def _show_certificate(self, context: ssl.SSLContext, certificate: str) -> None:
        _trust(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, "EHR_KAFKA_CERTIFICATE")
        try:
            context.load_cert_chain(certificate, self.key, _no_passphrase)
        except _Locked:
            reason = "the key has a passphrase, which nobody could type at a start: take one without"
        except ssl.SSLError as error:
            other = error.reason == "KEY_VALUES_MISMATCH"
            reason = "the key is none of EHR_KAFKA_CERTIFICATE" if other else "there is no private key (PEM)"
        except OSError as error:
            reason = _unreadable(error)
        else:
            return
        raise LogMisconfigured(f"EHR_KAFKA_KEY={self.key}: {reason}") from None


class _Locked(Exception):
    """A key has a passphrase."""


def _no_passphrase() -> str:
    """Asked instead of whoever sits at the terminal."""
    raise _Locked


def _trust(context: ssl.SSLContext, file: str, setting: str) -> None:
    """Reads certificates from a file, at least one."""
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        reason = "there is no certificate (PEM) in this file, or one that is damaged"
    except OSError as error:
        reason = _unreadable(error)
    else:
        return
    raise LogMisconfigured(f"{setting}={file}: {reason}") from None


def _unreadable(error: OSError) -> str:
    return f"the file cannot be read: {error.strerror}"
