"""What gunicorn reads where it is started by hand in this folder; `run.py web` says everything else."""

# It would lie in the home folder: the panel writes in its own folders alone.
control_socket_disable = True
