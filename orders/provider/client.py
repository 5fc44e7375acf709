"""HTTP to a provider: one attempt, bounded in time and size, and an honest answer about what is certain afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orders.provider.wire import AddOutcome, Balance, ServiceList, StatusBatch


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `total` bounds a whole call, however slowly the answer drips."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 40.0


@dataclass(frozen=True)
class AddRequest:
    """An order as the provider needs it. `quantity` is None for package types. `inputs`: further fields by the type."""

    service: str
    link: str
    quantity: int | None = None
    inputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ProviderClient:
    """Speaks `/api/v2` to one provider. Every call demands that no database transaction is open."""

    url: str
    key: str = field(repr=False)
    allow_private_hosts: tuple[str, ...] = ()
    refusals: Mapping[str, str] | None = None
    timeouts: Timeouts = Timeouts()

    def add(self, request: AddRequest) -> AddOutcome:
        """Send an order, once. Never raises for what the provider or the network does."""
        raise NotImplementedError

    def statuses(self, external_ids: Sequence[str]) -> StatusBatch:
        """Ask for up to 100 orders. Raises BatchFailed."""
        raise NotImplementedError

    def services(self) -> ServiceList:
        """Raises CallFailed."""
        raise NotImplementedError

    def balance(self) -> Balance:
        """Raises CallFailed."""
        raise NotImplementedError
