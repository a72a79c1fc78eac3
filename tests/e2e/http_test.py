"""The coordinator over HTTP: what it answers and tells, to whom, and that its own description says so."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import urllib.parse

from cluster import ClusterTest
from program import FAKE_TRAINER, SOURCE, main, poll

# An interpreter with openapi-spec-validator; deploy/openapi makes it.
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
OPENAPI_PYTHON = pathlib.Path(os.environ.get("EVENSWEEP_OPENAPI_PYTHON")
                              or CACHE / "evensweep" / "openapi" / "bin" / "python")
DESCRIPTION = SOURCE / "docs" / "format" / "openapi.json"


class Http(ClusterTest):
    def serve(self, *arguments, address="127.0.0.1:0"):
        """A coordinator with a dashboard; its gRPC address is kept."""
        coordinator, self.address = self.start_coordinator("--http", address, *arguments)
        self.url = urllib.parse.urlsplit((self.dir / "coordinator.ready").read_text().split()[-1])
        return coordinator

    def ask(self, method, path, body=None, status=200, tls=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if tls:
            connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=60, context=tls)
        else:
            connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.assertEqual(answer.status, status, text)
        self.headers = answer.headers
        return json.loads(text) if answer.headers["Content-Type"] == "application/json" else text

    def events(self, path, enough, **headers):
        """The lines of a stream of events until `enough(lines)`."""
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        lines = []
        while not enough(lines):
            line = answer.readline()
            if not line:
                break
            lines.append(line.decode().rstrip("\n"))
        connection.close()
        return lines

    def train(self):
        """A sweep whose first failures make the routes that tell of them answer something."""
        agent = self.start_agent("one", self.address)
        sweep = self.sweep(seeds=2, gammas="1")
        self.ok(self.command("submit", sweep, "--coordinator", self.address, "--wait"))
        return agent

    def test_answers_as_it_is_described(self):
        coordinator = self.serve()
        agent = self.train()
        trial = "/api/v1/trials/e2e/1/1"
        run = self.ask("GET", trial)["trial"]["run"]
        machine = self.ask("GET", "/api/v1/agents")["agents"][0]["id"]
        definition = self.ask("GET", "/api/v1/sweeps/e2e/definition")
        submitted = json.dumps({"sweep": definition["sweep"], "file_text": definition["file_text"],
                                "overrides": definition["overrides"]})
        answers = []
        for method, path, template, body, status in [
                ("GET", "/api/v1/sweeps?all=true", "/api/v1/sweeps", None, 200),
                ("GET", "/api/v1/sweeps/e2e", "/api/v1/sweeps/{sweep}", None, 200),
                ("GET", "/api/v1/sweeps/nosuch", "/api/v1/sweeps/{sweep}", None, 404),
                ("GET", "/api/v1/sweeps/e2e/definition", "/api/v1/sweeps/{sweep}/definition", None, 200),
                ("GET", "/api/v1/sweeps/e2e/trials?limit=3&state=finished", "/api/v1/sweeps/{sweep}/trials", None, 200),
                ("GET", trial, "/api/v1/trials/{sweep}/{arm}/{seed}", None, 200),
                ("GET", trial + "/explanation", "/api/v1/trials/{sweep}/{arm}/{seed}/explanation", None, 200),
                ("GET", f"/api/v1/runs/{run}/result", "/api/v1/runs/{run}/result", None, 200),
                ("GET", "/api/v1/agents", "/api/v1/agents", None, 200),
                ("GET", "/api/v1/openapi.json", "/api/v1/openapi.json", None, 200),
                ("POST", "/api/v1/sweeps", "/api/v1/sweeps", submitted, 200),
                ("POST", "/api/v1/sweeps", "/api/v1/sweeps", "{", 400),
                *[("POST", f"/api/v1/sweeps/e2e/{verb}", "/api/v1/sweeps/{sweep}/" + verb, None, 200)
                  for verb in ("pause", "resume", "stop", "cancel", "retry")],
                *[("POST", f"/api/v1/agents/{machine}/{verb}", "/api/v1/agents/{agent}/" + verb, None, 200)
                  for verb in ("drain", "release")]]:
            answer = self.ask(method, path, body, status, Content_Type="application/json")
            answers.append({"method": method.lower(), "path": template, "status": status, "body": answer})
        same = json.loads(self.ok(self.command("ls", "e2e", "-o", "json", "--coordinator", self.address)).stdout)
        self.assertEqual(same["trials"], self.ask("GET", "/api/v1/sweeps/e2e/trials")["trials"])
        self.check_by_description(answers)
        self.check_metrics(self.ask("GET", "/metrics"))
        self.stop(agent)
        self.stop(coordinator)

    def check_by_description(self, answers):
        if not OPENAPI_PYTHON.exists():
            print("not checked by the description: deploy/openapi has not made its Python environment")
            return
        self.write("answers.json", json.dumps(answers))
        self.ok([str(OPENAPI_PYTHON), str(pathlib.Path(__file__).with_name("check_openapi.py")), str(DESCRIPTION),
                 "answers.json"])

    def check_metrics(self, text):
        self.assertIn('evensweep_runs_completed_total{outcome="succeeded"} 8\n', text)
        self.assertIn("evensweep_attempt_duration_seconds_count 8\n", text)
        if not shutil.which("promtool"):
            print("not checked by promtool, which is not there")
            return
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True,
                                 check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_tells_of_changes(self):
        coordinator = self.serve()
        agent = self.start_agent("one", self.address, env={"FAKE_TRAINER_MODE": "sleep:50"})
        self.ok(self.command("submit", self.sweep(seeds=2, gammas="1"), "--coordinator", self.address))
        lines = self.events("/api/v1/sweeps/e2e/events", lambda seen: any('"over":true' in line for line in seen))
        states = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
        self.assertEqual(states[-1]["trials"]["finished"], 8)
        finished = [state["trials"]["finished"] for state in states]
        self.assertEqual(finished, sorted(finished))
        newest = [line[4:] for line in lines if line.startswith("id: ")][-1]
        again = self.events("/api/v1/sweeps/e2e/events", lambda seen: any(line.startswith("data") for line in seen))
        self.assertEqual(json.loads(again[-1][6:]), states[-1], "who comes later is told how it stands")
        self.assertTrue(newest)
        self.stop(agent)
        self.stop(coordinator)

    def test_tokens_and_sessions(self):
        lab = self.dir / "lab"
        self.ok(self.command("certs", "init", lab, "--host", "127.0.0.1"))
        for name, scope in (("reader", "read"), ("owner", "admin")):
            self.ok(self.command("certs", "token", lab, name, "--scope", scope))
        read, admin = [(lab / f"{name}.token").read_text().strip() for name in ("reader", "owner")]
        coordinator = self.serve("--tokens", lab / "tokens.yaml")
        path = "/api/v1/sweeps"
        self.ask("GET", path, status=401)
        self.ask("GET", "/metrics", status=401)
        self.ask("GET", "/readyz")
        self.ask("GET", path, Authorization=f"Bearer {read}")
        self.ask("POST", path + "/x/pause", status=403, Authorization=f"Bearer {read}")
        self.ask("POST", path + "/x/pause", status=404, Authorization=f"Bearer {admin}")
        self.ask("GET", path, status=401, Authorization="Bearer wrong")
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        self.ask("POST", "/login", f"token={admin}&to=/livez", status=303, **form)
        cookie = self.headers["Set-Cookie"]
        self.assertIn("HttpOnly", cookie)
        self.assertNotIn(admin, cookie)
        cookie = cookie.split(";")[0]
        self.ask("GET", path, Cookie=cookie)
        self.ask("POST", path + "/x/pause", status=403, Cookie=cookie)
        self.ask("POST", path + "/x/pause", status=403, Cookie=cookie, Origin="http://evil.example")
        self.ask("POST", path + "/x/pause", status=404, Cookie=cookie, Origin=f"http://{self.url.netloc}")
        self.ask("GET", path, status=403, Cookie=cookie, Host="evil.example")
        self.stop(coordinator)
        log = self.log("coordinator")
        self.assertIn('token "owner" signs in', log)
        self.assertNotIn(admin, log)
        self.assertNotIn(read, log)

    def test_tls_for_other_machines(self):
        lab = self.dir / "lab"
        self.ok(self.command("certs", "init", lab, "--host", "127.0.0.1"))
        tls = ["--cert", lab / "server.crt", "--key", lab / "server.key", "--client-ca", lab / "ca.crt"]
        done = self.ok(self.command("coordinator", "--listen", "127.0.0.1:0", "--http", "0.0.0.0:0", "--state",
                                    self.dir / "x"), code=1)
        self.assertIn("needs TLS", done.stderr)
        coordinator = self.serve(*tls, address="0.0.0.0:0")
        self.assertEqual(self.url.scheme, "https")
        self.url = self.url._replace(netloc=f"127.0.0.1:{self.url.port}")
        context = ssl.create_default_context(cafile=lab / "ca.crt")
        with self.assertRaises(OSError):  # no certificate
            self.ask("GET", "/readyz", tls=context)
        context.load_cert_chain(lab / "client.crt", lab / "client.key")
        self.ask("GET", "/api/v1/sweeps", tls=context)
        self.ask("POST", "/api/v1/sweeps/x/pause", status=403, tls=context)  # a certificate is no proof of the page
        self.ask("POST", "/api/v1/sweeps/x/pause", status=404, tls=context, Sec_Fetch_Site="same-origin")
        with self.assertRaises(OSError):  # plaintext
            self.ask("GET", "/readyz")
        self.stop(coordinator)

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = self.ok(self.command("coordinator", "--listen", "127.0.0.1:0", "--state", self.state, "--http",
                                        f"127.0.0.1:{port}"), code=1)
            self.assertIn(f"cannot listen on 127.0.0.1:{port}: another program has the port", done.stderr)
            done = self.ok(self.run_command(self.sweep(), "--trainer", FAKE_TRAINER, f"--web={port}"), code=1)
            self.assertIn("choose another with --web=PORT", done.stderr)
        done = self.ok(self.command("coordinator", "--state", self.state, "--http", "nonsense"), code=2)
        self.assertIn('"nonsense" is neither', done.stderr)

    def test_shows_a_run_of_this_machine(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        sweep = self.sweep(seeds=2, gammas="1")
        child = self.start(self.run_command(sweep, "--trainer", FAKE_TRAINER,
                                            f"--web={port}"), env={"FAKE_TRAINER_MODE": "sleep:300"})
        self.url = urllib.parse.urlsplit(f"http://127.0.0.1:{port}")
        poll(lambda: f"dashboard on http://127.0.0.1:{port}" in (self.dir / "stderr").read_text(), "the dashboard")
        sweeps = poll(lambda: self.ask("GET", "/api/v1/sweeps?all=true")["sweeps"], "the sweep")
        self.assertEqual(sweeps[0]["name"], "e2e")
        self.assertEqual(child.wait(60), 0)


if __name__ == "__main__":
    main()
