#!/usr/bin/env python3
"""check_openapi.py DESCRIPTION ANSWERS: whether the OpenAPI document is one, and the answers are as it says.

ANSWERS is a list of {method, path, status, body}; `path` is a template of the description. Needs the packages of
deploy/openapi.txt. Prints what is wrong and exits 1.
"""

import json
import pathlib
import sys

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator


def faults_of_answer(description, answer):
    where = f"{answer['method']} {answer['path']} {answer['status']}"
    response = description["paths"][answer["path"]][answer["method"]]["responses"].get(str(answer["status"]))
    if response is None:
        return [f"{where}: not described"]
    if "$ref" in response:
        response = description["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    schema = dict(response["content"]["application/json"]["schema"], components=description["components"])
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{where}: {fault.json_path}: {fault.message}" for fault in validator.iter_errors(answer["body"])]


def main(arguments):
    description, answers = (json.loads(pathlib.Path(path).read_text(encoding="utf-8")) for path in arguments)
    faults = [f"the description: {fault.message}" for fault in OpenAPIV31SpecValidator(description).iter_errors()]
    checked = set()
    for answer in answers:
        faults += faults_of_answer(description, answer)
        checked.add((answer["path"], answer["method"]))
    # Every route that answers with a document, not with a stream or text.
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "application/json" in operation["responses"]["200"]["content"] and (path, method) not in checked:
                faults.append(f"{method} {path}: no answer was checked")
    print("\n".join(faults), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
