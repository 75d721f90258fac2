"""Trains, evaluates and exports dateline's network. See training/README.md."""
