"""Gives models profiles that are the same on every machine: python3 profiles.py DATABASE TEXT MODEL=BITS,SECONDS...

Of the newest variant of each model, measured by nobody: bits per byte on a text of this name, and the seconds that a token
takes. The host is that of a profile which is there."""

import hashlib
import sqlite3
import sys

database, text = sqlite3.connect(sys.argv[1]), sys.argv[2]
for order in sys.argv[3:]:
    model, numbers = order.split("=")
    bits, seconds = map(float, numbers.split(","))
    variant, = database.execute(
        "SELECT variant.id FROM variant JOIN version ON version.id = version_id JOIN model ON model.id = model_id "
        "WHERE model.name = ? ORDER BY variant.id DESC", [model]).fetchone()
    profile = database.execute(
        "INSERT INTO profile (variant_id, host, host_details, text_name, text_sha256, program, conditions, made_at, made_by) "
        "SELECT ?, host, host_details, ?, ?, program, conditions, made_at, made_by FROM profile ORDER BY id LIMIT 1",
        [variant, text, hashlib.sha256(text.encode()).hexdigest()]).lastrowid
    figures = [
        ("bits_per_byte", "bit/byte", bits), ("prompt_tokens_per_second", "token/s", 10 / seconds),
        ("time_per_output_token_seconds", "s", seconds), ("prompt_joules_per_token", "J/token", seconds),
        ("generation_joules_per_token", "J/token", 10 * seconds), ("weight_bytes", "byte", 1e6)]
    for quantity, unit, value in figures:
        database.execute(
            "INSERT INTO profile_figure (profile_id, quantity, unit, batch, value, low, high, samples, method, basis) "
            "VALUES (?, ?, ?, 1, ?, ?, ?, 1, 'fixture', 'estimated')", [profile, quantity, unit] + [value] * 3)
database.commit()
