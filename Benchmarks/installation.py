"""llama-cpp-python from PyPI, compiled for this processor in a virtual environment of its own."""

from __future__ import annotations

import hashlib
import json
import sys
import venv
from pathlib import Path

from machine import processor_hash
from processes import output, run_logged

VERSION = "0.3.36"

# The hash that PyPI gives for the source distribution of this version.
SOURCE_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"

# Upstream's defaults, OpenMP among them, and every instruction that this processor has.
CMAKE_ARGS = "-DGGML_NATIVE=ON"

# What llama_cpp imports when it is loaded.
_REQUIREMENTS = ["numpy", "typing-extensions", "diskcache", "jinja2"]


class Installation:
    """A virtual environment with llama-cpp-python."""

    def __init__(self, cache: Path):
        self.folder = cache / f"llama-cpp-python-{VERSION}"
        self.python = self.folder / "bin" / "python"
        self._marker = self.folder / "terse-installed.json"
        self._wanted = {
            "version": VERSION,
            "source_sha256": SOURCE_SHA256,
            "cmake_args": CMAKE_ARGS,
            "processor": processor_hash(),
        }

    @property
    def is_complete(self) -> bool:
        """Whether it was installed to the end, from this source, on this kind of processor."""
        try:
            return json.loads(self._marker.read_text()) == self._wanted
        except (OSError, ValueError):
            return False

    def install(self) -> None:
        """Does what is not done yet. Compiling takes about ten minutes on two cores.

        - Raises: ProcessError, whose message names the log.
        """
        if self.is_complete:
            return
        print(f"installing llama-cpp-python {VERSION} in {self.folder}", file=sys.stderr)
        if not self.python.exists():
            venv.create(self.folder, with_pip=True)
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "install"]
        log = self.folder / "install.log"
        run_logged([*pip, *_REQUIREMENTS], log, "fetching what it imports")
        requirement = self.folder / "requirement.txt"
        requirement.write_text(f"llama-cpp-python=={VERSION} --hash=sha256:{SOURCE_SHA256}\n")
        # No cache: pip would take a wheel compiled with other options, or for another processor.
        source = ["--no-deps", "--no-cache-dir", "--no-binary", "llama-cpp-python", "--require-hashes"]
        run_logged(
            [*pip, *source, "--force-reinstall", "--verbose", "-r", str(requirement)],
            log,
            "compiling llama.cpp, about ten minutes on two cores",
            {"CMAKE_ARGS": CMAKE_ARGS},
        )
        self.version()  # Loads it, so that a build that cannot run is found here.
        self._marker.write_text(json.dumps(self._wanted))

    def version(self) -> dict[str, str]:
        """What was installed: version, and hashes of the libraries that do the work."""
        script = "import llama_cpp, os; print(llama_cpp.__version__); print(os.path.dirname(llama_cpp.__file__))"
        version, folder = output([str(self.python), "-c", script], timeout_s=120).split("\n")[:2]
        libraries = [Path(folder, "lib", name) for name in ("libllama.so", "libggml-cpu.so")]
        hashes = {file.name: _sha256(file) for file in libraries if file.exists()}
        return {"version": f"llama-cpp-python {version}", "source_sha256": SOURCE_SHA256, **hashes}


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
