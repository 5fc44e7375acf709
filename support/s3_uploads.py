"""Uploads in a bucket; imported only where `NEOPANEL_UPLOADS` names one, because the library is an extra."""

from storages.backends.s3 import S3Storage

from support.remote_uploads import Remote


class S3Uploads(Remote, S3Storage):
    """Private objects under random names; the panel reads them itself, nobody is sent to the bucket."""
