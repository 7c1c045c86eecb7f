"""Says why the mascot images are missing, from the backend's logs."""

__version__ = "0.1.0"
