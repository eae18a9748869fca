"""The processes that a process has started."""

import pathlib


def of(parent):
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[1] == str(parent) and fields[0] != "Z":
            yield int(folder.name)
