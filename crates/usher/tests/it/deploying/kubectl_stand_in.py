"""A stand-in for kubectl where there is no cluster.

What is applied is rendered by the real kubectl, checked against Kubernetes' own schemas, and kept in a file. Pods are
what a Deployment's template says; a command in one is run on this machine, with the files that the pod mounts.
"""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys

import kubernetes_validate
import yaml

KUBECTL = os.environ["REAL_KUBECTL"]
CLUSTER = pathlib.Path("cluster.json")


def refuse(why):
    sys.exit(f"stand-in: {why}")


def objects():
    return json.loads(CLUSTER.read_text()) if CLUSTER.exists() else {}


def keep(documents):
    known = objects()
    for document in documents:
        kubernetes_validate.validate(document, "1.37", strict=True)
        kind, name = document["kind"], document["metadata"]["name"]
        known[f"{kind.lower()}/{name}"] = document
        print(f"{kind.lower()}/{name} configured")
    CLUSTER.write_text(json.dumps(known))


def real(*arguments):
    done = subprocess.run([KUBECTL, *arguments], capture_output=True, text=True)
    if done.returncode:
        refuse(done.stderr)
    return done.stdout


def get(key):
    found = objects().get(key)
    return found or refuse(f"there is no {key}")


def template(deployment="deployment/usher"):
    return get(deployment)["spec"]["template"]


def pods(selector):
    """The pods that a selector finds: those of the Deployment, when its labels are the template's."""
    wanted = dict(part.split("=", 1) for part in selector.split(","))
    labels = template()["metadata"]["labels"]
    if any(labels.get(name) != value for name, value in wanted.items()):
        refuse(f"no pod has {selector}")
    return [f"usher-{at}" for at in range(get("deployment/usher")["spec"]["replicas"])]


def mounted(pod):
    """Writes what the pod mounts below a folder; the paths in it, by those in the pod."""
    root = pathlib.Path("pod").absolute()
    places = {}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for mount in pod["containers"][0]["volumeMounts"]:
        volume = volumes[mount["name"]]
        folder = root / mount["mountPath"].lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        places[mount["mountPath"]] = str(folder)
        if "configMap" in volume:
            for name, text in get(f"configmap/{volume['configMap']['name']}")["data"].items():
                (folder / name).write_text(text)
        elif "secret" in volume:
            for name, text in get(f"secret/{volume['secret']['secretName']}")["data"].items():
                file = folder / name
                file.unlink(missing_ok=True)
                file.write_bytes(base64.b64decode(text))
                file.chmod(0o400)
    return places


def run(command):
    pod = template()["spec"]
    places = mounted(pod)

    def here(text):
        there = re.compile("|".join(re.escape(f"{place}/") for place in places))
        return there.sub(lambda found: f"{places[found[0][:-1]]}/", text)

    environment = {one["name"]: here(one["value"]) for one in pod["containers"][0]["env"]}
    file = pathlib.Path(environment["USHER_CONFIG"])
    text = here(file.read_text())
    lines = [line for line in text.splitlines() if not line.startswith("password_file")]
    lines = [f'url = "{os.environ["DATABASE"]}"' if line.startswith("url = ") else line for line in lines]
    file.write_text("\n".join(lines))
    if command[0] != "usher":
        refuse(f"the image has no {command[0]}")
    if command[1:] == ["probe"]:
        return probe(environment, file)
    done = subprocess.run([os.environ["PROGRAM"], *command[1:]], env=environment)
    sys.exit(done.returncode)


def probe(environment, file):
    """Asks a server that runs as the pod would, on a free port."""
    file.write_text(file.read_text().replace("0.0.0.0:8080", "127.0.0.1:0"))
    lines = [line for line in file.read_text().splitlines() if not line.startswith("public_url")]
    file.write_text("\n".join(lines))
    serve = [os.environ["PROGRAM"], "serve", "--json"]
    with subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        url = json.loads(server.stdout.readline())["url"]
        ready = False
        for _ in range(600):
            done = subprocess.run([os.environ["PROGRAM"], "probe", f"{url}readyz"], env=environment)
            ready = done.returncode == 0
            if ready:
                break
        server.terminate()
    sys.exit(0 if ready and server.returncode == 0 else 1)


def main(arguments):
    if arguments[:1] == ["-n"]:
        if arguments[1] != "usher":
            refuse(f"there is no namespace {arguments[1]}")
        get("namespace/usher")
        arguments = arguments[2:]
    match arguments:
        case ["kustomize", folder]:
            print(real("kustomize", folder))
        case ["apply", "-k", folder]:
            keep(yaml.safe_load_all(real("kustomize", folder)))
        case ["apply", "-f", file]:
            keep(yaml.safe_load_all(pathlib.Path(file).read_text()))
        case ["create", "secret", *_]:
            keep([yaml.safe_load(real(*arguments, "--dry-run=client", "--output=yaml"))])
        case ["rollout", "status", deployment]:
            mounted(template(deployment)["spec"])
            print(f"{deployment} successfully rolled out")
        case ["get", "pods", "-l", selector]:
            print("\n".join(pods(selector)))
        case ["logs", "-l", selector, *_]:
            print("\n".join(f"log of {pod}" for pod in pods(selector)))
        case ["exec", deployment, "--", *command]:
            get(deployment)
            run(command)
        case _:
            refuse(f"what is {arguments}?")


main(sys.argv[1:])
