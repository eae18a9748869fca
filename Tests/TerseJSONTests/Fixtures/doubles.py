"""Writes doubles.tsv: bit patterns of doubles and Python's repr of them. Run: python3 doubles.py"""
import math, os, random, struct

random.seed(1)
values = [0.0, -0.0, 1.0, -1.5, 0.1, 1e15, 1e16, 1e17, 9999999999999998.0, 1.2e16, 2.0**53, 2.0**54, 2.0**63, 2.0**64,
          1e-4, 1e-5, 0.00012345, 1.2345e-5, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 1e22, 1e23, 1e100,
          123456.789, 100.0, 1200.0, math.inf, -math.inf, math.nan, 1 / 3, 2 / 3, 1e21, 123456789012345680.0]
for _ in range(300):
    value = struct.unpack("<d", random.randbytes(8))[0]
    if math.isfinite(value):
        values.append(value)
    values.append(round(random.uniform(-1000, 1000), random.randint(0, 6)))
    values.append(random.random() * 10.0 ** random.randint(-8, 20))
with open(os.path.join(os.path.dirname(__file__), "doubles.tsv"), "w") as file:
    file.write("# made by doubles.py: bits, Python's repr\n")
    for value in values:
        file.write(f"{struct.unpack('<Q', struct.pack('<d', value))[0]:x}\t{value!r}\n")
