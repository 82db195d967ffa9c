"""The chapters of docs/course: run, checked, drawn. scripts/course.py is the command."""
