"""Python's own SQLite: prints the rows of a query, columns parted by bars. DATABASE QUERY"""
import sqlite3
import sys

for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print("|".join(map(str, row)))
