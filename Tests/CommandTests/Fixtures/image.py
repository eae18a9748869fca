"""What an image is like, as BuildKit's own parser reads its Dockerfile: python3 image.py DOCKERFILE"""

import collections
import sys

import dockerfile

stages, last = 0, collections.defaultdict(list)
for command in dockerfile.parse_file(sys.argv[1]):
    assert command.cmd != "ADD", command.original
    if command.cmd == "FROM":
        stages, last = stages + 1, collections.defaultdict(list)
        image = command.value[0]
        assert ":" in image and not image.endswith(":latest"), image
    last[command.cmd].append(command)

assert stages > 1, "what builds must not be in the image"
copies = [copy.flags for copy in last["COPY"]]
assert any("--from=build" in flags for flags in copies), copies
(user,) = last["USER"]
assert all(part.isdigit() and int(part) > 0 for part in user.value[0].split(":")), user.original
assert user.start_line > max(run.end_line for run in last["RUN"]), "what is installed needs root"
(signal,) = last["STOPSIGNAL"]
assert signal.value == ("SIGTERM",), signal.original
(volume,), (start,), (health,), (port,) = last["VOLUME"], last["CMD"], last["HEALTHCHECK"], last["EXPOSE"]
# Programs, not shells: signals reach the server.
assert start.json and health.json and last["ENTRYPOINT"][0].json
arguments = start.value
assert arguments[arguments.index("--model") + 1].split("=")[1].startswith(volume.value[0] + "/"), start.original
assert arguments[arguments.index("--port") + 1] == port.value[0], port.original
assert health.value[-1].startswith(f"http://127.0.0.1:{port.value[0]}/"), health.original
