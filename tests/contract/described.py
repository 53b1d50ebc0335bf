"""Prints a description of the API as schemathesis needs it: read operations only, with names, versions and cursors that exist.

A cursor is opaque, so nothing that is made up is one: the schema lists those that the server gives. The official description
says less than the API it describes does, which the server that answers for it shows too: limits of `limit`, and two members of
the official `_meta`.
"""

import json
import sys
import urllib.request

import yaml

url, source = sys.argv[1:]


def read(address):
    with urllib.request.urlopen(address) as answer:
        return answer.read()


text = read(source) if source.startswith("http") else open(source, "rb").read()
description = yaml.safe_load(text)

cursors, servers, target = [""], [], "/v0.1/servers?limit=5"
while target:
    page = json.loads(read(url + target))
    servers += [record["server"] for record in page["servers"]]
    cursor = page["metadata"].get("nextCursor")
    cursors += [cursor] if cursor else []
    target = f"/v0.1/servers?limit=5&cursor={cursor}" if cursor else None

known = {
    "serverName": [server["name"] for server in servers[:3]],
    "version": [server["version"] for server in servers[:3]],
}


def refine(parameter):
    name, schema = parameter["name"], parameter["schema"]
    if name == "cursor":
        schema.pop("pattern", None)
        schema["enum"] = cursors
    elif name == "limit":
        schema.update(minimum=1, maximum=100)
    elif parameter["in"] == "path":
        parameter.pop("example", None)
        schema.pop("example", None)
        parameter["examples"] = {str(at): {"value": value} for at, value in enumerate(known[name])}


for path, operations in list(description["paths"].items()):
    kept = {method: operation for method, operation in operations.items() if method == "get"}
    for operation in kept.values():
        for parameter in operation.get("parameters", []):
            if "$ref" not in parameter:
                refine(parameter)
    if kept:
        description["paths"][path] = kept
    else:
        del description["paths"][path]
for parameter in description["components"].get("parameters", {}).values():
    refine(parameter)

for operation in (description["paths"].get("/v0.1/servers") or {}).values():
    operation["responses"].setdefault("400", operation["responses"].get("default", {"description": "a bad value"}))
response = description["components"]["schemas"].get("ServerResponse")
if response:
    official = response["properties"]["_meta"]["properties"]["io.modelcontextprotocol.registry/official"]
    official["properties"].update(statusMessage={"type": "string"}, statusChangedAt={"type": "string", "format": "date-time"})

json.dump(description, sys.stdout)
