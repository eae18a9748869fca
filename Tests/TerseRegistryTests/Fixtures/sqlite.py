"""Python's own SQLite: runs statements on a database, prints the rows of the last one. DATABASE STATEMENTS"""
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1])
rows = []
for statement in sys.argv[2].split(";"):
    rows = connection.execute(statement).fetchall()
connection.commit()
for row in rows:
    print("|".join(str(value) for value in row))
