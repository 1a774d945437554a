"""fal's hosts on this machine: a proxy that ends TLS under their names and leads every connection to the simulator.

The clients run as they were released: HTTPS_PROXY sends them here, and they trust an authority that is made
anew for each run.
"""

import datetime
import select
import socket
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = ("queue.fal.run", "fal.run", "rest.fal.ai", "v3.fal.media", "v3b.fal.media", "api.fal.ai")


class Authority:
    """A certificate authority, and one certificate of it for all of fal's hosts."""

    def __init__(self, folder):
        self.certificate = Path(folder) / "authority.pem"
        chain = Path(folder) / "hosts.pem"
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Likeness tests")])
        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        authority = (
            self._builder(name, name, authority_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        hosts = (
            self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])]), name, key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        self.certificate.write_bytes(authority.public_bytes(pem))
        chain.write_bytes(
            hosts.public_bytes(pem)
            + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain)

    @staticmethod
    def _builder(subject, issuer, key):
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
        )


def _usage(**wanted):
    uses = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )
    return x509.KeyUsage(**{use: wanted.get(use, False) for use in uses})


class Front:
    """A proxy that listens; `hosts` holds the hosts that were asked for."""

    def __init__(self, authority, upstream_port):
        self.context = authority.context
        self.upstream = ("127.0.0.1", upstream_port)
        self.hosts = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = client.recv(1)
                if not byte:
                    return
                head += byte
            method, target, _ = head.decode("latin-1").split(" ", 2)
            host = target.rpartition(":")[0]
            self.hosts.add(host)
            if method != "CONNECT" or host not in HOSTS:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.context.wrap_socket(client, server_side=True) as secure:
                with socket.create_connection(self.upstream) as upstream:
                    _pump(secure, upstream)
        except (OSError, ValueError):
            pass
        finally:
            client.close()


def _pump(secure, upstream):
    """Copies both ways in one thread, since two must not share a TLS connection, until either side ends."""
    while True:
        ready = [secure] if secure.pending() else select.select([secure, upstream], [], [])[0]
        for source, target in ((secure, upstream), (upstream, secure)):
            if source in ready:
                chunk = source.recv(1 << 16)
                if not chunk:
                    return
                target.sendall(chunk)
