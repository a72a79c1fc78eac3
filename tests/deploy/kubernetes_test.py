"""deploy/kubernetes: its manifests by Kubernetes' own schemas and by the rules of the house; then what they say is done
by hand on this machine: keys put where the pods have them, the coordinator and an agent started as the pods start them,
the probes asked.

A schema knows fields, not admission, and no cluster runs here.
"""

import os
import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
PYTHON = pathlib.Path(os.environ.get("EVENSWEEP_OPENAPI_PYTHON") or CACHE / "evensweep" / "openapi" / "bin" / "python")
try:
    import kubernetes_validate
    import yaml
except ImportError:
    if not PYTHON.exists() or pathlib.Path(sys.prefix) == PYTHON.parents[1]:
        print("skipped: deploy/openapi has not made the Python environment with the schemas", file=sys.stderr)
        sys.exit(77)
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

from cluster import ClusterTest  # noqa: E402
from program import FAKE_TRAINER, SOURCE, main, poll  # noqa: E402

FOLDER = SOURCE / "deploy" / "kubernetes"
DRAIN = {"coordinator": 5, "agent": 24}  # seconds (docs/operating.md)


def manifests():
    return [document for path in sorted(FOLDER.glob("*.yaml")) if path.name != "kustomization.yaml"
            for document in yaml.safe_load_all(path.read_text())]


def find(kind, name):
    return next(m for m in manifests() if m["kind"] == kind and m["metadata"]["name"] == name)


def pods():
    """{component: (workload, pod's spec)}"""
    found = {}
    for manifest in manifests():
        if manifest["kind"] in ("StatefulSet", "Deployment"):
            template = manifest["spec"]["template"]
            found[template["metadata"]["labels"]["app.kubernetes.io/component"]] = (manifest, template["spec"])
    return found


def moved(words, places):
    """The words with the paths here that stand for those inside a pod."""
    pattern = re.compile("|".join(map(re.escape, places)))
    return [pattern.sub(lambda match: str(places[match.group()]), word) for word in words]


class Manifests(ClusterTest):
    def test_they_are_what_kubernetes_takes(self):
        self.assertGreater(len(manifests()), 8)
        for manifest in manifests():
            for version in ("1.29", "1.37"):
                kubernetes_validate.validate(manifest, version, strict=True)
        wrong = find("StatefulSet", "evensweep-coordinator")
        wrong["spec"]["replica"] = 2
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, "1.37", strict=True)

    def test_they_fit_together(self):
        kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
        self.assertEqual(set(kustomization["resources"]),
                         {p.name for p in FOLDER.glob("*.yaml")} - {"kustomization.yaml"})
        images = {image["name"] for image in kustomization["images"]}
        for name, (workload, pod) in pods().items():
            self.assertEqual(workload["spec"]["selector"]["matchLabels"],
                             workload["spec"]["template"]["metadata"]["labels"])
            volumes = {volume["name"]: volume for volume in pod["volumes"]}
            volumes |= {claim["metadata"]["name"]: {} for claim in workload["spec"].get("volumeClaimTemplates", [])}
            for container in pod["initContainers"] + pod["containers"]:
                self.assertIn(container["image"], images)
                for mount in container["volumeMounts"]:
                    self.assertIn(mount["name"], volumes, name)
            self.assertTrue(find("ConfigMap", volumes["config"]["configMap"]["name"])["data"])
        labels = pods()["coordinator"][0]["spec"]["template"]["metadata"]["labels"]
        service = find("Service", "evensweep-coordinator")["spec"]
        self.assertEqual(service["selector"], labels)
        ports = {port["name"] for port in pods()["coordinator"][1]["containers"][0]["ports"]}
        self.assertEqual({port["targetPort"] for port in service["ports"]}, ports)
        for manifest in manifests():
            self.assertEqual(manifest["metadata"].get("namespace", "evensweep"), "evensweep")

    def test_pods_are_confined(self):
        for name, (_, pod) in pods().items():
            self.assertIs(pod["automountServiceAccountToken"], False)
            self.assertIs(pod["securityContext"]["runAsNonRoot"], True)
            self.assertGreater(pod["securityContext"]["runAsUser"], 0)
            self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
            self.assertGreater(pod["terminationGracePeriodSeconds"], DRAIN[name])
            for container in pod["initContainers"] + pod["containers"]:
                context = container["securityContext"]
                self.assertIs(context["allowPrivilegeEscalation"], False)
                self.assertIs(context["readOnlyRootFilesystem"], True)
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
                self.assertLessEqual({"cpu", "memory"}, set(container["resources"]["limits"]))
                self.assertNotIn("env", container, "secrets are files")
        workload, pod = pods()["coordinator"]
        self.assertEqual((workload["kind"], workload["spec"]["replicas"]), ("StatefulSet", 1))
        self.assertEqual(workload["spec"]["volumeClaimTemplates"][0]["spec"]["accessModes"], ["ReadWriteOnce"])
        agent = pods()["agent"][1]["containers"][0]["resources"]
        self.assertEqual(agent["requests"]["nvidia.com/gpu"], agent["limits"]["nvidia.com/gpu"])

    def place(self, component, lab, **changes):
        """Does what the pod's first container does, in a folder; the folder that stands for /etc/evensweep."""
        _, pod = pods()[component]
        etc, config, secret = (self.dir / component / name for name in ("etc", "config", "secret"))
        for folder in (etc, config, secret):
            folder.mkdir(parents=True)
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for file, text in find("ConfigMap", volumes["config"]["configMap"]["name"])["data"].items():
            for old, new in changes.items():
                self.assertIn(old, text)
                text = text.replace(old, new)
            (config / file).write_text(text)
        # As a volume of a secret has them: links to files that the group can read.
        (secret / "..data").mkdir()
        for path in lab.iterdir():
            (secret / "..data" / path.name).write_bytes(path.read_bytes())
            (secret / "..data" / path.name).chmod(0o440)
            (secret / path.name).symlink_to(pathlib.Path("..data") / path.name)
        places = {"/etc/evensweep": etc, "/config": config, "/secret": secret}
        self.ok(moved(pod["initContainers"][0]["command"], places))
        return etc

    def arguments(self, component, **places):
        return moved(pods()[component][1]["containers"][0]["args"], places)

    def test_what_they_say_works(self):
        lab = self.dir / "lab"
        self.ok(self.command("certs", "init", lab, "--host", "127.0.0.1"))
        etc = self.place("coordinator", lab, **{"0.0.0.0:7078": "127.0.0.1:0", "127.0.0.1:7079": "127.0.0.1:0",
                                               "/var/lib/evensweep/state": str(self.state)})
        ready = self.dir / "coordinator.ready"
        coordinator = self.launch("coordinator", *self.arguments("coordinator", **{"/etc/evensweep": etc}),
                                  "--ready-file", ready)
        address, *_, web = self.wait_ready("coordinator", coordinator)
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = pods()["coordinator"][1]["containers"][0][name]["exec"]["command"]
            self.assertEqual(self.ok(moved(probe, {"http://127.0.0.1:7079": web.rstrip("/")})).stdout, "ok\n")
        etc = self.place("agent", lab, **{"evensweep-coordinator:7078": address})
        probe = pods()["agent"][1]["containers"][0]["readinessProbe"]["exec"]["command"]
        places = {"/etc/evensweep": etc, "/var/lib/evensweep-agent": self.dir / "work", "/tmp": self.dir}
        agent = self.launch("agent", *self.arguments("agent", **places), "--trainer", FAKE_TRAINER, "--slots", "1")
        poll(lambda: self.call(moved(probe, {"/tmp": self.dir})).returncode == 0, "the agent")
        self.ok(self.command("submit", self.sweep(), "--coordinator", address, "--ca", lab / "ca.crt", "--cert",
                             lab / "client.crt", "--key", lab / "client.key", "--out", self.out))
        self.stop(agent, signal.SIGTERM)
        self.stop(coordinator, signal.SIGTERM)


if __name__ == "__main__":
    main()
