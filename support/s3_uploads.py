"""Uploads in a bucket; imported only where `NEOPANEL_UPLOADS` names one, because the library is an extra."""

from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

from support.remote_uploads import Remote

# Somebody waits: the library's own limits are a minute each, five times over.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 10, 2


class S3Uploads(Remote, S3Storage):
    """Private objects under random names; the panel reads them itself, nobody is sent to the bucket."""

    def get_default_settings(self) -> dict[str, Any]:
        patience = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            # Since boto3 1.36 sums are sent unasked, which stores of others refuse (boto/boto3 issue 4392).
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        # By itself the library would begin a download five times, each with the tries above; and files are small.
        once = TransferConfig(num_download_attempts=1, use_threads=False)
        return super().get_default_settings() | {"client_config": patience, "transfer_config": once}
