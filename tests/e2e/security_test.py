"""Who may not come in, does not, and is told why: TLS, client certificates, tokens, as the programs handle them."""

import os
import socket

from cluster import ClusterTest
from program import FAKE_TRAINER, SOURCE, main, poll


class Security(ClusterTest):
    def setUp(self):
        super().setUp()
        self.lab = self.dir / "lab"
        self.ok(self.command("certs", "init", self.lab, "--host", "127.0.0.1"))

    def tls(self, *more):
        return ["--cert", self.lab / "server.crt", "--key", self.lab / "server.key", "--client-ca", self.lab / "ca.crt",
                *more]

    def way(self, who="client", lab=None):
        lab = lab or self.lab
        return ["--ca", lab / "ca.crt", "--cert", lab / f"{who}.crt", "--key", lab / f"{who}.key"]

    def ls(self, address, *way, code=0):
        return self.ok(self.command("ls", "--coordinator", address, *way), code=code)

    def test_an_address_for_others_needs_protection(self):
        done = self.ok(self.command("coordinator", "--listen", "0.0.0.0:0", "--state", self.state), code=1)
        self.assertIn("needs TLS", done.stderr)
        self.assertIn("evensweep certs init", done.stderr)
        done = self.ok(self.command("coordinator", "--listen", "0.0.0.0:0", "--state", self.state, "--cert",
                                    self.lab / "server.crt", "--key", self.lab / "server.key"), code=1)
        self.assertIn("needs tokens or client certificates", done.stderr)
        done = self.ok(self.command("ls", "--coordinator", "192.0.2.1:7077"), code=2)
        self.assertIn("give --ca FILE", done.stderr)

    def test_certificates(self):
        coordinator, address = self.start_coordinator(*self.tls())
        agent = self.start_agent("one", address, *self.way("agent"))
        self.ls(address, *self.way())
        other = self.dir / "other"
        self.ok(self.command("certs", "init", other, "--host", "127.0.0.1"))
        self.assertIn("certificate verify failed", self.ls(address, *self.way(lab=other), code=4).stderr)
        stranger = ["--ca", self.lab / "ca.crt", "--cert", other / "client.crt", "--key", other / "client.key"]
        self.ls(address, *stranger, code=4)
        self.ls(address, "--ca", self.lab / "ca.crt", code=4)  # no certificate
        self.ls(address, code=4)  # plaintext
        self.assertIn("scope read", self.ls(address, *self.way("agent"), code=5).stderr)
        self.ok(self.command("agent", "--coordinator", address, "--dir", self.dir / "x", "--trainer",
                             FAKE_TRAINER, *self.way()), code=5)
        poll(lambda: "a TLS handshake failed" in self.log("coordinator"), "the refusal in the log")
        poll(lambda: "audit: refused" in self.log("coordinator"), "the audit line")
        self.ls(address, *self.way())  # and it serves on
        self.stop(agent)
        self.stop(coordinator)

    def test_wrong_name(self):
        """The certificate is for 127.0.0.1, not for this other address of the machine."""
        coordinator, address = self.start_coordinator(*self.tls(), listen="127.0.0.2:0")
        self.assertIn("not in peer certificate", self.ls(address, *self.way(), code=4).stderr)
        self.stop(coordinator)

    def test_expired_certificate(self):
        key, request, expired = (self.lab / f"expired.{kind}" for kind in ("key", "csr", "crt"))
        openssl = ["openssl"]
        try:
            self.ok([*openssl, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", str(key), "-out", str(request), "-subj", "/OU=evensweep-admin/CN=late"])
            self.ok([*openssl, "x509", "-req", "-in", str(request), "-CA", str(self.lab / "ca.crt"), "-CAkey",
                     str(self.lab / "ca.key"), "-CAcreateserial", "-out", str(expired), "-days", "-1"])
        except FileNotFoundError:
            self.skipTest("there is no openssl program to make an expired certificate")
        key.chmod(0o600)
        coordinator, address = self.start_coordinator(*self.tls())
        self.ls(address, *self.way("expired"), code=4)
        poll(lambda: "certificate verify failed" in self.log("coordinator"), "the reason in the log")
        self.stop(coordinator)

    def test_tokens(self):
        for name, scope in (("alice", "submit"), ("bob", "read"), ("robot", "agent")):
            self.ok(self.command("certs", "token", self.lab, name, "--scope", scope))
        tokens = self.lab / "tokens.yaml"
        coordinator, address = self.start_coordinator("--tokens", tokens)
        secret = {name: (self.lab / f"{name}.token").read_text().strip() for name in ("alice", "bob", "robot")}
        by = lambda name: ["--token-file", self.lab / f"{name}.token"]
        self.assertIn("a token is needed", self.ls(address, code=5).stderr)
        self.ls(address, *by("bob"))
        self.ls(address, *by("alice"))
        self.ls(address, *by("robot"), code=5)
        sweep = self.sweep()
        self.assertIn("has not the scope submit", self.ok(
            self.command("submit", sweep, "--coordinator", address, *by("bob")), code=5).stderr)
        agent = self.start_agent("one", address, *by("robot"))
        wrong = self.write("wrong.token", "evensweep_" + "0" * 64 + "\n")
        wrong.chmod(0o600)
        self.assertIn("not known", self.ls(address, "--token-file", wrong, code=5).stderr)
        # Taken out of the file, a token is of no use from then on; one that is put in needs no restart.
        kept = [line for line in tokens.read_text().splitlines() if "name: bob" not in line]
        tokens.write_text("\n".join(kept) + "\n")
        poll(lambda: self.call(self.command("ls", "--coordinator", address, *by("bob"))).returncode == 5, "the refusal")
        self.stop(agent)
        self.stop(coordinator)
        self.nowhere(secret.values())

    def nowhere(self, secrets):
        """No token is in a log, in the state folder or in an agent's folder."""
        for path in self.dir.rglob("*"):
            if path.is_file() and path.suffix != ".token":
                content = path.read_bytes()
                for secret in secrets:
                    self.assertNotIn(secret.encode(), content, path)

    def test_files_of_secrets(self):
        token = self.lab / "client.token"
        token.chmod(0o640)
        self.assertIn("others may read", self.ls("127.0.0.1:1", "--token-file", token, code=1).stderr)
        token.chmod(0o600)
        link = self.dir / "link.token"
        link.symlink_to(token)
        self.assertIn("symbolic link", self.ls("127.0.0.1:1", "--token-file", link, code=1).stderr)
        if os.geteuid() == 0:
            os.chown(self.lab / "tokens.yaml", 12345, 12345)
            done = self.ok(self.command("coordinator", "--state", self.state, "--tokens", self.lab / "tokens.yaml"),
                           code=1)
            self.assertIn("belongs to another user", done.stderr)
        for path in self.lab.iterdir():
            secret = path.suffix in (".key", ".token") or path.name == "tokens.yaml"
            self.assertEqual(path.stat().st_mode & 0o777, 0o600 if secret else path.stat().st_mode & 0o777, path)

    def test_an_agent_has_the_name_of_its_certificate(self):
        self.ok(self.command("certs", "agent", self.lab, "gpu-1"))
        coordinator, address = self.start_coordinator(*self.tls())
        agent = self.start_agent("one", address, *self.way("gpu-1"))
        self.assertTrue((self.dir / "one.ready").read_text().startswith("gpu-1."))
        thief = self.start_agent("two", address, *self.way("gpu-1"), "--id", "gpu-2")
        poll(lambda: 'is for the agent "gpu-1", not for "gpu-2"' in self.log("two"), "the refusal")
        self.stop(thief)
        self.stop(agent)
        self.stop(coordinator)

    def test_the_services_are_confined(self):
        """systemd's own judgement of the units, 0 (safe) to 100."""
        for unit, most in (("coordinator", 15), ("agent", 23)):
            try:
                self.ok(["systemd-analyze", "security", "--offline=yes", f"--threshold={most}", "--no-pager",
                         str(SOURCE / "deploy" / "systemd" / f"evensweep-{unit}.service")])
            except FileNotFoundError:
                self.skipTest("there is no systemd-analyze")

    def test_slow_and_hostile_sockets(self):
        """500 sockets that send nothing, or rubbish, keep nobody out."""
        coordinator, address = self.start_coordinator(*self.tls())
        port = int(address.rsplit(":", 1)[1])
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
        for i, one in enumerate(sockets):
            if i % 2:
                one.sendall(b"GET / HTTP/1.1\r\n" + os.urandom(100))
        self.ls(address, *self.way())
        for one in sockets:
            one.close()
        self.ls(address, *self.way())
        self.stop(coordinator)


if __name__ == "__main__":
    main()
