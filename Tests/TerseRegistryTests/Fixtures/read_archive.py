"""Reads an archive of a model as any tar and compares each file with its name. ARCHIVE"""
import hashlib
import json
import sys
import tarfile

with tarfile.open(sys.argv[1], "r:") as archive:
    entries = archive.getmembers()
    manifest = json.load(archive.extractfile(entries[0]))
    for entry in entries[1:]:
        assert entry.isreg()
        digest = hashlib.sha256(archive.extractfile(entry).read()).hexdigest()
        assert entry.name == "blobs/sha256/" + digest, entry.name
    print(entries[0].name, len(entries), manifest["model"], [version["number"] for version in manifest["versions"]])
