"""What set-up, start, tests and checks need, and nothing that the panel itself imports.

All of it runs before anything is installed, so only the standard library may be used here.
"""
