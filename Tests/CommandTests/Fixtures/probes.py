"""Asks a server whether it is well: python3 probes.py PORT PATH…"""

import sys
import urllib.request

for path in sys.argv[2:]:
    with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{path}", timeout=60) as response:
        assert response.status == 200, path
