"""Tests of what needs no rival and no time: python3 -m unittest discover -s Benchmarks/tests -t Benchmarks"""
