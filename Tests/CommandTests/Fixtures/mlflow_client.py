"""MLflow's own client lists models, fetches their files and moves aliases: python3 mlflow_client.py PORT FILE

The server has a model "stories" with versions 1 and 2, to the first of which "production" points; FILE is the first's.
"""

import os
import sys
import tempfile

url = f"http://127.0.0.1:{sys.argv[1]}"
os.environ["MLFLOW_TRACKING_URI"] = url
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import RestException

client = MlflowClient(url, registry_uri=url)

[model] = client.search_registered_models()
assert (model.name, model.aliases) == ("stories", {"production": "1"}), model
assert [version.version for version in model.latest_versions] == ["2"], model
assert [found.name for found in client.search_registered_models("name ILIKE 'STO%'")] == ["stories"]
assert not client.search_registered_models("name LIKE '%z'")
assert client.get_registered_model("stories").aliases == {"production": "1"}

versions = client.search_model_versions("name='stories'")
assert [(version.version, version.aliases) for version in versions] == [("2", []), ("1", ["production"])], versions
assert versions[0].tags["terse.variants"] == "q8_0", versions
first = client.search_model_versions("name='stories'", max_results=1)
second = client.search_model_versions("name='stories'", max_results=1, page_token=first.token)
assert [first[0].version, second[0].version] == ["2", "1"] and not second.token
assert client.get_model_version("stories", "1").status == "READY"

client.set_registered_model_alias("stories", "candidate", "2")
assert client.get_model_version_by_alias("stories", "candidate").version == "2"
client.delete_registered_model_alias("stories", "candidate")
for wrong in [
    lambda: client.get_model_version_by_alias("stories", "candidate"),
    lambda: client.get_registered_model("nobody"),
    lambda: client.get_model_version("stories", "3"),
]:
    try:
        raise SystemExit(f"found what is not there: {wrong()}")
    except RestException as error:
        assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error
try:
    raise SystemExit(f"a filter was passed over: {client.search_model_versions('run_id = 1')}")
except RestException as error:
    assert error.error_code == "INVALID_PARAMETER_VALUE", error

with tempfile.TemporaryDirectory() as folder:
    mlflow.artifacts.download_artifacts(artifact_uri="models:/stories@production", dst_path=folder)
    [path] = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
    with open(path, "rb") as found, open(sys.argv[2], "rb") as expected:
        assert found.read() == expected.read(), path
