"""The nightly run: what it is told (`settings`), which night and stretch of log it is for (`night`), and its steps (`run`)."""
