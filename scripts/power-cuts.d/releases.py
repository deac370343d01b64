"""Makes the archives of two releases for scripts/test-power-cuts, and takes the supervisor out of the image under test.

python3 releases.py PROGRAM IMAGE FOLDER: PROGRAM is tests/refresh/release.c, compiled. Writes FOLDER/one.oci.tar (schema 1),
two.oci.tar (schema 2) and ladylinux-supervisor, and prints the two digests.
"""

import gzip
import hashlib
import io
import json
import pathlib
import random
import sys
import tarfile


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def layer(files):
    """A layer of (name, owner, content); what has no content is a directory."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, owner, content in files:
            entry = tarfile.TarInfo(name)
            entry.uid = entry.gid = owner
            entry.mode = 0o1777 if name == "rehearsal" else 0o755
            if content is None:
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def release(name, schema, program, path):
    root = ["usr", "usr/local", "usr/local/bin", "etc", "run", "opt", "opt/ladylinux", "var", "var/lib"]
    own = ["tmp", "rehearsal", "etc/ladylinux", "opt/ladylinux/models", "var/lib/ladylinux", "var/lib/ladylinux/facts"]
    files = [(one, 0, None) for one in root] + [(one, 10001, None) for one in own]
    files += [(f"usr/local/bin/{one}", 0, program) for one in ("ladylinux", "ladylinux-supervisor")]
    files += [("etc/passwd", 0, b"ladylinux:x:10001:10001::/:/usr/sbin/nologin\n"), ("etc/group", 0, b"ladylinux:x:10001:\n")]
    # Something to lose: several layers that no other release has, of many files, as a real one's are.
    noise = random.Random(name)
    layers = [layer(files + [("etc/release", 0, name.encode())])]
    for number in range(3):
        content = [(f"usr/share/{number}", 0, None)]
        content += [(f"usr/share/{number}/{one}", 0, noise.randbytes(16 << 10)) for one in range(60)]
        layers.append(layer(content))
    labels = {
        "org.opencontainers.image.revision": hashlib.sha1(name.encode()).hexdigest(),
        "org.opencontainers.image.version": name,
        "io.ladylinux.memory": "1048576",
        "io.ladylinux.schema.from": "1",
        "io.ladylinux.schema.to": str(schema),
    }
    environment = {"RELEASE_VERSION": name, "RELEASE_COMMIT": labels["org.opencontainers.image.revision"], "RELEASE_SCHEMA": schema}
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {
            "User": "10001:10001",
            "Env": [f"{key}={value}" for key, value in environment.items()],
            "Entrypoint": ["/usr/local/bin/ladylinux"],
            "Cmd": ["serve"],
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in layers]},
    }).encode()

    def describe(kind, content):
        return {"mediaType": "application/vnd.oci.image." + kind, "digest": digest(content), "size": len(content)}

    manifest = json.dumps({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": describe("config.v1+json", config),
        "layers": [describe("layer.v1.tar", one) for one in layers],
    }).encode()
    index = describe("manifest.v1+json", manifest)
    index["annotations"] = {"org.opencontainers.image.ref.name": f"localhost/release:{name}"}
    parts = [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", json.dumps({"schemaVersion": 2, "manifests": [index]}).encode())]
    parts += [("blobs/" + digest(one).replace(":", "/"), one) for one in [*layers, config, manifest]]
    path.write_bytes(layer([(one, 0, content) for one, content in parts]))
    return digest(manifest)


def supervisor(image):
    """The program in the image, of its uppermost layer that has it."""
    with tarfile.open(image) as archive:
        def blob(one):
            return archive.extractfile("blobs/" + one["digest"].replace(":", "/")).read()

        manifest = json.loads(blob(json.load(archive.extractfile("index.json"))["manifests"][0]))
        for one in reversed(manifest["layers"]):
            content = blob(one)
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            with tarfile.open(fileobj=io.BytesIO(content)) as files:
                for entry in files:
                    if entry.isfile() and entry.name.removeprefix("./") == "usr/local/bin/ladylinux-supervisor":
                        return files.extractfile(entry).read()
    sys.exit(f"there is no ladylinux-supervisor in {image}")


program, image, folder = (pathlib.Path(one) for one in sys.argv[1:])
for name, schema in (("one", 1), ("two", 2)):
    print(release(name, schema, program.read_bytes(), folder / f"{name}.oci.tar"))
(folder / "ladylinux-supervisor").write_bytes(supervisor(image))
