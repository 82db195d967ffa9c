"""Runs of a sweep on other machines: the settings go to the workers of a Dask cluster.

What the sweep's side does is in ``client``, what a worker does in ``at_worker``; ``orders`` is what
they say to each other. A worker imports these modules from its own copy of the project.
"""
