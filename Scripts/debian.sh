# Sourced by ./run and ./test: installs Debian packages that are missing, and says which.

missing=()

# need FILE-OR-COMMAND PACKAGE…: remembers the packages when there is neither such a command nor such a file.
need() {
    local probe=$1
    shift
    command -v "$probe" >/dev/null 2>&1 || [ -e "$probe" ] || missing+=("$@")
}

# What the Swift toolchain itself takes from the system to resolve and link the package.
need_for_build() {
    command -v swift >/dev/null 2>&1 || {
        echo "error: no Swift toolchain found; install Swift 6.2 or newer (https://www.swift.org/install) on PATH" >&2
        return 1
    }
    need git git
    need gcc gcc
    need /usr/include/stdio.h libc6-dev
    need /usr/include/c++ libstdc++-12-dev
    need /usr/include/zlib.h zlib1g-dev  # The HTTP client links it.
    need /usr/include/sqlite3.h libsqlite3-dev  # The registry links it.
    need /etc/ssl/certs/ca-certificates.crt ca-certificates  # Without it no download, of packages or models, is trusted.
}

# What training opens at run time.
need_for_training() { need "/usr/lib/$(uname -m)-linux-gnu/libopenblas.so.0" libopenblas0-pthread; }

# The independent judge of what is valid under a JSON Schema, which tests ask.
need_for_schemas() {
    need /usr/bin/python3 python3
    need /usr/lib/python3/dist-packages/jsonschema python3-jsonschema
}

# Installs what `need` remembered. Output goes to standard error: standard output belongs to the program.
install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "error: missing: ${missing[*]} (Debian's names); there is no apt-get here, so install them by hand" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            echo "error: missing Debian packages and not root; run as root: apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing Debian packages: ${missing[*]}" >&2
    {
        "${as_root[@]}" apt-get update -qq &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -qq -y --no-install-recommends "${missing[@]}"
    } </dev/null >&2 || {
        echo "error: apt-get could not install: ${missing[*]}" >&2
        return 1
    }
    missing=()
}
