"""Keys and certificates for the TLS tests, made anew in each run; the repository has none of them."""

from __future__ import annotations

import datetime
import ipaddress
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME, OTHER_NAME = "localhost", "other.example"
ADDRESSES = ("127.0.0.1", "::1")
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class PSK:
    """A pre-shared key. It is text, as libcoap's programs take it; ours take its hex digits."""

    identity: str
    text: str

    @property
    def key(self) -> bytes:
        return self.text.encode()

    @property
    def hex(self) -> str:
        return self.key.hex()

    @property
    def option(self) -> str:
        """The form of `--psk`, of COAP_PSK and of a line of `--psk-file`."""
        return f"{self.identity}:{self.hex}"


def fresh_psk(identity: str = "lamp-7") -> PSK:
    # 16 bytes that no other text contains by accident.
    return PSK(identity, secrets.token_hex(8))


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass(frozen=True)
class Certified:
    """A certificate with its key, as objects and as files: `certificate` holds the chain to send."""

    subject: x509.Certificate
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: Path
    key: Path
    both: Path

    @property
    def options(self) -> tuple:
        """What both of our programs take."""
        return "--cert", self.certificate, "--key", self.key


class Credentials:
    """All files, in one folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.psk = fresh_psk()
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self._made: dict[str, Certified] = {}

        self.ca = self._issue("ca", None, usage="authority")
        self.other_ca = self._issue("other-ca", None, usage="authority")
        self.server = self._issue("server", self.ca, NAME)
        self.other_server = self._issue("other-server", self.ca, OTHER_NAME)
        self.client = self._issue("client", self.ca, usage="client")

    # Certificates of the single tests, made when first asked for.

    @property
    def wildcard(self) -> Certified:
        return self._issue("wildcard", self.ca, "*.lamps.example")

    @property
    def expired(self) -> Certified:
        return self._issue("expired", self.ca, NAME, begin=-20 * DAY, end=-10 * DAY)

    @property
    def not_yet_valid(self) -> Certified:
        return self._issue("not-yet-valid", self.ca, NAME, begin=10 * DAY, end=20 * DAY)

    @property
    def name_in_cn_only(self) -> Certified:
        """What RFC 7925 section 4.4.1 forbids."""
        return self._issue("cn-only", self.ca, common_name=NAME)

    @property
    def self_signed(self) -> Certified:
        return self._issue("self-signed", None, NAME)

    @property
    def from_other_ca(self) -> Certified:
        return self._issue("server-of-other-ca", self.other_ca, NAME)

    @property
    def rsa_server(self) -> Certified:
        return self._issue("rsa-server", self.ca, NAME, key="rsa")

    @property
    def client_as_server(self) -> Certified:
        """Right name, but good for clients only."""
        return self._issue("client-as-server", self.ca, NAME, usage="client")

    @property
    def server_as_client(self) -> Certified:
        return self._issue("server-as-client", self.ca, usage="server")

    @property
    def client_of_other_ca(self) -> Certified:
        return self._issue("client-of-other-ca", self.other_ca, usage="client")

    @property
    def expired_client(self) -> Certified:
        return self._issue(
            "expired-client", self.ca, usage="client", begin=-20 * DAY, end=-10 * DAY
        )

    def chain(self, intermediates: int, usage: str = "server") -> Certified:
        """One below that many intermediates, which its file contains, without the anchor."""
        above, extra = self.ca, b""
        for index in range(intermediates):
            above = self._issue(f"intermediate-{index + 1}", above, usage="authority")
            extra = above.subject.public_bytes(serialization.Encoding.PEM) + extra
        name = NAME if usage == "server" else None
        return self._issue(f"{usage}-below-{intermediates}", above, name, usage=usage, extra=extra)

    @property
    def leaf_without_intermediates(self) -> Certified:
        """Its issuer is an intermediate that the file does not contain."""
        intermediate = self._issue("intermediate-1", self.ca, usage="authority")
        return self._issue("leaf-alone", intermediate, NAME)

    # Other forms of the server's files

    def sec1_key(self) -> Path:
        return self._write("server-sec1.key", self._key_bytes("PEM", "TraditionalOpenSSL"))

    def der_key(self) -> Path:
        return self._write("server-key.der", self._key_bytes("DER", "PKCS8"))

    def der_certificate(self) -> Path:
        return self._write(
            "server.der", self.server.subject.public_bytes(serialization.Encoding.DER)
        )

    def der_ca(self) -> Path:
        return self._write("ca.der", self.ca.subject.public_bytes(serialization.Encoding.DER))

    def psk_file(self, text: str) -> Path:
        return self._write(f"psk-{secrets.token_hex(4)}", text.encode())

    def _key_bytes(self, encoding: str, format_: str) -> bytes:
        return self.server.private.private_bytes(
            getattr(serialization.Encoding, encoding),
            getattr(serialization.PrivateFormat, format_),
            serialization.NoEncryption(),
        )

    def _write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        path.chmod(0o600)
        return path

    def _issue(
        self,
        file: str,
        issuer: Certified | None,
        dns_name: str | None = None,
        *,
        common_name: str | None = None,
        usage: str = "server",
        begin: datetime.timedelta = -DAY,
        end: datetime.timedelta = 30 * DAY,
        key: str = "p256",
        extra: bytes = b"",
    ) -> Certified:
        """Without `issuer` it signs itself. `usage` is authority, server or client."""
        if file in self._made:
            return self._made[file]
        authority = usage == "authority"
        private = (
            rsa.generate_private_key(65537, 2048)
            if key == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        name = x509.NameAttribute(NameOID.COMMON_NAME, common_name or f"test {file}")
        subject = x509.Name([name])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject.subject if issuer else subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + begin)
            .not_valid_after(self.now + end)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False
            )
        )
        if issuer:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(
                issuer.private.public_key()
            )
            builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(
            x509.KeyUsage(
                digital_signature=not authority, key_cert_sign=authority, crl_sign=authority,
                content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        if not authority:
            purpose = getattr(ExtendedKeyUsageOID, f"{usage.upper()}_AUTH")
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if dns_name:
            addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ADDRESSES]
            names = [x509.DNSName(dns_name), *(addresses if dns_name == NAME else [])]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(issuer.private if issuer else private, hashes.SHA256())

        chain = certificate.public_bytes(serialization.Encoding.PEM) + extra
        self._made[file] = Certified(
            certificate,
            private,
            self._write(f"{file}.pem", chain),
            self._write(f"{file}.key", pem(private)),
            self._write(f"{file}-both.pem", chain + pem(private)),
        )
        return self._made[file]
