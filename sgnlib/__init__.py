"""Executable reproduction of "Sym-parameterized Dynamic Inference" (SGN, ICCV 2019)."""

__version__ = "0.1.0"
