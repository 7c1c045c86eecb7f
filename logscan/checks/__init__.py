"""Looks at something beyond single findings: the checklist that the report walks through."""
