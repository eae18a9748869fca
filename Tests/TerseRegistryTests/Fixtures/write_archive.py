"""Writes the entries of a tar archive anew. OLD NEW"""
import sys
import tarfile

with tarfile.open(sys.argv[1]) as old, tarfile.open(sys.argv[2], "w", format=tarfile.USTAR_FORMAT) as new:
    for entry in old.getmembers():
        new.addfile(entry, old.extractfile(entry))
