"""Tools for those who write rules: checks, tests, explanations, drafts. All of them use the code that scans."""
