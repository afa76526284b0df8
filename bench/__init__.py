"""Figures: every one a ratio to something bare that ran in the same minutes, with the absolute beside it."""
