# Runs the official Python client with its default settings against the engine: a session, and
# inserts compressed with lz4. Argument 1 is the port. Prints the results as one line of JSON.
import json
import os
import sys

import clickhouse_connect

port = int(sys.argv[1])
own = {"username": os.environ["USER_NAME"], "password": os.environ["PASSWORD"]}
client = clickhouse_connect.get_client(host="127.0.0.1", port=port, **own)
client.command("CREATE TABLE official_python (id UInt64, name String, tags Array(String)) ENGINE = Memory")
rows = [[i, f"n'{i}", ["a", "b'"]] for i in range(2000)]
client.insert("official_python", rows, column_names=["id", "name", "tags"])
client.command("CREATE TEMPORARY TABLE of_the_session (n UInt8)")
client.command("INSERT INTO of_the_session VALUES (7)")
seen = {
    "count": client.query("SELECT count(), sum(id) FROM official_python").result_rows[0],
    "row": client.query(
        "SELECT name, tags FROM official_python WHERE id = {id:UInt64}", parameters={"id": 3}
    ).result_rows[0],
    "session": client.command("SELECT n FROM of_the_session"),
}
try:
    client.query("SELECT * FROM no_such_table")
except clickhouse_connect.driver.exceptions.DatabaseError as error:
    seen["error"] = "UNKNOWN_TABLE" in str(error)
client.command("DROP TABLE official_python")
print(json.dumps(seen))
