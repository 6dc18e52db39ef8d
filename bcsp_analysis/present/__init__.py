"""Figures, tables and sentences made from results; no statistics are computed here."""
