"""Certificates for the broker's TLS listener where none are given: an authority of our own and what it signs.

Certificates live on real time, like everything of TLS.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet.local.errors import CertificateError
from schemas.clock import SystemClock

AUTHORITY_VALID = timedelta(days=3650)
CERTIFICATE_VALID = timedelta(days=825)
RENEW_BEFORE = timedelta(days=60)
BACKDATED = timedelta(hours=1)  # a terminal's clock may be a little behind

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class TlsFiles:
    """PEM files of a listener. `authority` signed the certificate, and those of terminals that need one."""

    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a folder: ca.crt to hand out, ca.key to keep."""

    folder: Path

    @property
    def certificate_file(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def key_file(self) -> Path:
        return self.folder / "ca.key"

    def ensure(self) -> None:
        """Make the authority unless it is there."""
        if self.certificate_file.exists() and self.key_file.exists():
            return
        key, name = _new_key(), _name("Motorpool broker authority")
        certificate = (
            _certificate(name, name, key, AUTHORITY_VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(self.key_file, _pem_of(key), mode=0o600)
        _write(self.certificate_file, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)

    def server(self, hosts: Sequence[str]) -> TlsFiles:
        """server.crt for these names and addresses, made anew when they change or its time runs out."""
        files = TlsFiles(self.certificate_file, self.folder / "server.crt", self.folder / "server.key")
        if not _still_good(files.certificate, hosts):
            self._issue(files, hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, hosts)
        return files

    def client(self, name: str, folder: Path) -> TlsFiles:
        """A certificate that says who a terminal is, in `folder`; the key is to be put into the terminal."""
        files = TlsFiles(self.certificate_file, folder / f"{name}.crt", folder / f"{name}.key")
        self._issue(files, name, ExtendedKeyUsageOID.CLIENT_AUTH, ())
        return files

    def _issue(
        self, files: TlsFiles, name: str, purpose: x509.ObjectIdentifier, hosts: Sequence[str]
    ) -> None:
        self.ensure()
        issuer = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        signer = _load_key(self.key_file)
        key = _new_key()
        builder = (
            _certificate(_name(name), issuer.subject, key, CERTIFICATE_VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
        )
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(signer, hashes.SHA256())
        _write(files.key, _pem_of(key), mode=0o600)
        _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def given(authority: Path, certificate: Path, key: Path) -> TlsFiles:
    """Files somebody else made. Raises CertificateError if one is missing or they do not belong together."""
    for file in (authority, certificate, key):
        if not file.is_file():
            raise CertificateError(f"There is no file {file}.", "Give the paths of PEM files.")
    try:
        public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
        private = serialization.load_pem_private_key(key.read_bytes(), password=None).public_key()
    except (ValueError, TypeError) as error:
        raise CertificateError(
            f"{certificate} or {key} cannot be read: {error}", "Give PEM files, the key without a password."
        ) from error
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if public.public_bytes(*form) != private.public_bytes(*form):
        raise CertificateError(
            f"The key {key} is not that of {certificate}.", "Give the two that belong together."
        )
    return TlsFiles(authority, certificate, key)


def _still_good(certificate: Path, hosts: Sequence[str]) -> bool:
    if not certificate.exists():
        return False
    known = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    wanted = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    return names == wanted and known.not_valid_after_utc - RENEW_BEFORE > _now()


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: Key, valid: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - BACKDATED)
        .not_valid_after(_now() + valid)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _load_key(file: Path) -> Key:
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError(
            f"{file} is not a key this command made.", "Restore it, or use another folder."
        )
    return key


def _pem_of(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(file: Path, content: bytes, mode: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(file.suffix + ".fresh")
    fresh.touch(mode=mode)
    fresh.write_bytes(content)
    fresh.rename(file)


def _now() -> datetime:
    return SystemClock().now()
