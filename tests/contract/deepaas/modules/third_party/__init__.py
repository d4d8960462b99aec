"""Modules as somebody writes them who knows upstream's documentation and nothing of Huggins."""
