#!/usr/bin/env python3
"""The images of deploy/containers, built by a real buildah on a root file system that mmdebstrap makes, and run as process
1 of a process namespace, as nobody, with a root that cannot be written.

The programs are those of the build folder, not built anew; the trainer is the one that trains nothing. Minutes long, for
the packages of three root file systems are fetched: deploy/nightly runs it.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from cluster import ClusterTest  # noqa: E402
from program import BIN, FAKE_TRAINER, SKIPPED, SOURCE, main, poll  # noqa: E402

PLACES = ("/var/lib/evensweep", "/var/lib/evensweep-agent", "/tmp")  # that can be written in a container


def require():
    missing = [program for program in ("buildah", "mmdebstrap", "unshare") if not shutil.which(program)]
    if missing or os.geteuid() != 0:
        print(f"skipped: needs {'the programs ' + ', '.join(missing) if missing else 'root'}", file=sys.stderr)
        sys.exit(SKIPPED)


class Containers(ClusterTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="evensweep-containers."))
        cls.addClassCleanup(cls.remove)
        cls.buildah_env = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs",
                           "CONTAINERS_STORAGE_CONF": str(cls.folder / "storage.conf")}
        (cls.folder / "storage.conf").write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{cls.folder}/run"\n'
                                                 f'graphroot = "{cls.folder}/graph"\n')
        root = cls.folder / "root.tar"
        cls.must("mmdebstrap", "--variant=minbase", "--mode=root", "--quiet", cls.codename(), root,
                *sorted(pathlib.Path("/etc/apt").glob("sources.list*/*.sources")),
                *sorted(pathlib.Path("/etc/apt").glob("sources.list*/*.list")))
        # The stage that builds has nothing but what the images take from it.
        out = cls.folder / "context" / "out"
        built = cls.folder / "built"
        (built / "bin").mkdir(parents=True)
        (built / "cmake_install.cmake").symlink_to(BIN.parent / "cmake_install.cmake")
        (built / "bin" / "evensweep").symlink_to(BIN / "evensweep")
        (built / "bin" / "evensweep-trainer").symlink_to(FAKE_TRAINER)
        cls.must(SOURCE / "deploy" / "containers" / "collect", built, out)
        base = cls.must("buildah", "from", "scratch").strip()
        cls.must("buildah", "add", "--quiet", base, root, "/")
        cls.must("buildah", "commit", "--quiet", base, "localhost/base")
        cls.must("buildah", "rm", base)
        cls.roots = {}
        for name in ("coordinator", "agent"):
            cls.must("buildah", "build", "--quiet", "--format", "docker", "--target", name, "--tag", name,
                    "--build-arg", "BASE=localhost/base", "--build-context", f"build={cls.folder / 'context'}", "--file",
                    SOURCE / "deploy" / "containers" / "Containerfile", SOURCE / "deploy")
            container = cls.must("buildah", "from", "--name", f"{name}-run", f"localhost/{name}").strip()
            config = json.loads(cls.must("buildah", "inspect", "--type", "container", container))["Docker"]["config"]
            cls.roots[name] = (pathlib.Path(cls.must("buildah", "mount", container).strip()), config)

    @classmethod
    def remove(cls):
        subprocess.run(["buildah", "umount", "--all"], env=cls.buildah_env, check=False, capture_output=True)
        subprocess.run(["buildah", "rm", "--all"], env=cls.buildah_env, check=False, capture_output=True)
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def must(cls, *command):
        done = subprocess.run(list(map(str, command)), env=cls.buildah_env, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr[-3000:]}")
        return done.stdout

    @staticmethod
    def codename():
        fields = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines())
        return fields["VERSION_CODENAME"]

    def start_container(self, name, *arguments):
        """As an engine would, with these words in place of its own; its network is that of this machine."""
        root, config = self.roots[name]
        user = config["User"]
        self.assertEqual(user, "10001:10001")
        script = [f"mount --bind {root} {root}", f"mount -o remount,ro,bind {root}", f"mount -t proc proc {root}/proc",
                  f"mount --bind /dev {root}/dev"]
        script += [f"mount -t tmpfs -o mode=700,uid=10001,gid=10001 tmpfs {root}{place}" for place in PLACES]
        script += [f"cp -r {self.dir}/lab {root}/tmp/lab", f"chown -R {user} {root}/tmp/lab"]
        script.append(f'exec chroot --userspec={user} {root} "$@"')
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", "\n".join(script), "sh",
                   *config["Entrypoint"], *map(str, arguments)]
        with open(self.dir / f"{name}.log", "w", encoding="utf-8") as log:
            child = subprocess.Popen(command, env={**self.env, "HOME": "/var/lib/evensweep"}, stdin=subprocess.DEVNULL,
                                     stdout=log, stderr=log, start_new_session=True)
        self.children.append(child)
        inside = poll(lambda: pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split(), "process 1")
        return child, int(inside[0])

    def test_both(self):
        for name, (root, config) in self.roots.items():
            self.assertEqual(config["Entrypoint"], ["/usr/bin/tini", "--", "/usr/bin/evensweep"])
            self.assertEqual(config["Cmd"][0], name)
            self.assertTrue(config["Healthcheck"]["Test"])
            self.assertFalse(list((root / "var/lib/apt/lists").glob("*Packages*")), "lists of packages are left")
        (self.dir / "lab").mkdir()
        server, first = self.start_container("coordinator", "coordinator", "--listen", "127.0.0.1:0", "--http",
                                             "127.0.0.1:0", "--state", "/var/lib/evensweep")
        words = poll(lambda: "dashboard" in self.log("coordinator") and self.log("coordinator").split(), "the coordinator")
        address = next(w.rstrip(",") for w in words if w.startswith("127.0.0.1:"))
        web = next(w for w in words if w.startswith("http://")).rstrip("/,.")
        with urllib.request.urlopen(f"{web}/livez", timeout=30) as answer:
            self.assertEqual(answer.status, 200)
        self.assertEqual(pathlib.Path(f"/proc/{first}/comm").read_text().strip(), "tini")
        agent, first_agent = self.start_container("agent", "agent", "--coordinator", address, "--dir",
                                                  "/var/lib/evensweep-agent", "--slots", "2", "--ready-file",
                                                  "/tmp/evensweep.ready")
        self.ok(self.command("submit", self.sweep(), "--coordinator", address, "--out", self.out))
        # What is left behind in a container is reaped by its process 1.
        self.ok(["nsenter", "--target", str(first_agent), "--pid", "sh", "-c", "(sleep 0 & exec true) & wait"])

        def zombies():
            children = pathlib.Path(f"/proc/{first_agent}/task/{first_agent}/children").read_text().split()
            return [pid for pid in children if ") Z " in pathlib.Path(f"/proc/{pid}/stat").read_text()]
        poll(lambda: not zombies(), "zombies to be reaped")
        for child, inside in ((agent, first_agent), (server, first)):
            os.kill(inside, signal.SIGTERM)
            self.assertEqual(child.wait(60), 0)
        self.assertIn("are given back", self.log("agent"))


if __name__ == "__main__":
    require()
    main()
