"""The worker's own rules with shorter times, so that a minute holds what takes hours in a shop. Nothing else is changed."""

import datetime as dt

from orders import provider_health, submission, sync, wishes
from orders.models import Provider
from orders.provider.client import ProviderClient
from orders.provider.transport import Timeouts

QUICK = Timeouts(connect=1, read=1.5, total=3)
LEASE = dt.timedelta(seconds=8)

patient_client = provider_health.client_for


def hasty_client(provider: Provider) -> ProviderClient:
    patient = patient_client(provider)
    return ProviderClient(
        patient.url,
        patient.key,
        allow_private_hosts=patient.allow_private_hosts,
        refusals=patient.refusals,
        timeouts=QUICK,
    )


def make_haste() -> None:
    for module in (provider_health, sync, wishes):
        module.client_for = hasty_client
    submission.LEASE = LEASE
    submission.LONGEST_CALL = dt.timedelta(seconds=QUICK.total)
    submission.FIRST_BACKOFF = dt.timedelta(seconds=1)
    submission.LONGEST_BACKOFF = dt.timedelta(seconds=3)
    provider_health.FIRST_PAUSE = dt.timedelta(seconds=0.5)
    provider_health.PAUSE_FOR_OUR_FAULT = provider_health.LONGEST_PAUSE = dt.timedelta(seconds=2)
    provider_health.CHECK_LEASE = dt.timedelta(seconds=4)
    provider_health.CHECK_EVERY = dt.timedelta(seconds=10)
