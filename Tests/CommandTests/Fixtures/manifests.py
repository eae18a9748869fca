"""Judges manifests of Kubernetes: python3 manifests.py FOLDER SECONDS-BEYOND-DRAIN

Each must be valid under the schemas of the API, in the oldest and the newest version here, and they must fit each other. Where
kubectl is, what it makes of the kustomization must be valid, too."""

import pathlib
import shutil
import subprocess
import sys

import kubernetes_validate
import yaml

folder, slack = pathlib.Path(sys.argv[1]), int(sys.argv[2])
versions = ["1.25", kubernetes_validate.latest_version()]


def validate(objects):
    for object in objects:
        for version in versions:
            kubernetes_validate.validate(object, version, strict=True)


kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
files = {path.name for path in folder.iterdir()} - {"kustomization.yaml"}
assert set(kustomization["resources"]) == files, f"{kustomization['resources']} are not {files}"
objects = [yaml.safe_load((folder / name).read_text()) for name in sorted(files)]
validate(objects)
if kubectl := shutil.which("kubectl"):
    rendered = subprocess.run([kubectl, "kustomize", folder], check=True, capture_output=True, text=True).stdout
    made = list(yaml.safe_load_all(rendered))
    assert len(made) == len(objects), rendered
    validate(made)

kinds = {object["kind"]: object for object in objects}
deployment, service = kinds["Deployment"]["spec"], kinds["Service"]["spec"]
pod = deployment["template"]["spec"]
labels = deployment["template"]["metadata"]["labels"].items()
for selector in [
    deployment["selector"]["matchLabels"],
    service["selector"],
    kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    *[spread["labelSelector"]["matchLabels"] for spread in pod["topologySpreadConstraints"]],
]:
    assert selector.items() <= labels, f"{selector} selects none of {labels}"
(container,) = pod["containers"]
ports = {port["name"]: port["containerPort"] for port in container["ports"]}
used = {port["targetPort"] for port in service["ports"]}
probes = [container[name + "Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
assert used | {probe["port"] for probe in probes} <= ports.keys(), ports
arguments = container["args"]
assert int(arguments[arguments.index("--port") + 1]) in ports.values(), arguments
assert [probe["path"] for probe in probes] == ["/v2/health/" + word for word in ("ready", "live", "ready")], probes

# Requests under way are done before the pod is killed.
pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
drain = int(arguments[arguments.index("--drain") + 1])
assert pod["terminationGracePeriodSeconds"] > pause + drain + slack, f"{pause} s + {drain} s + {slack} s"

# A budget that lets a pod go leaves one, and a rollout takes none away.
assert deployment["replicas"] > kinds["PodDisruptionBudget"]["spec"]["maxUnavailable"], deployment["replicas"]
assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, deployment["strategy"]

volumes = {volume["name"]: volume for volume in pod["volumes"]}
mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
assert volumes.keys() == {mount["name"] for mount in mounts.values()}, volumes.keys()
claims = {volume["persistentVolumeClaim"]["claimName"] for volume in volumes.values() if "persistentVolumeClaim" in volume}
assert claims == {kinds["PersistentVolumeClaim"]["metadata"]["name"]}, claims
model = arguments[arguments.index("--model") + 1].split("=")[1]
for path in [model, arguments[arguments.index("--keys") + 1]]:
    assert mounts[str(pathlib.Path(path).parent)]["readOnly"], f"{path} is in no volume, or in one that can be written"

# What Kubernetes calls restricted, and a root file system that cannot be written.
security = container["securityContext"]
assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"], security
assert security["capabilities"] == {"drop": ["ALL"]}, security
assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0, pod["securityContext"]
assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, pod["securityContext"]
