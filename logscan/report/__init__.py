"""Diagnosis → text. Rendering is pure: every renderer returns a string, only sinks write."""
