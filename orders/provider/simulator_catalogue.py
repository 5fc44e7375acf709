"""What the simulated provider sells: made-up platforms, but the names, prices and promises that the trade has.

`start_minutes`, `per_day` and `refill_days` are what the shop tells its customers; a provider's API does not say them.
"""

# ruff: noqa: E501 - one row a line: it is a table

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PACKAGE = "Package"
COMMENTS = "Custom Comments"


@dataclass(frozen=True)
class SimulatedService:
    """`rate`: price of 1000, or of one package, as text. `start_minutes`, `per_day`: the stated start and speed."""

    id: int
    category: str
    name: str
    rate: str
    minimum: int
    maximum: int
    start_minutes: int
    per_day: int
    refill_days: int = 0
    cancel: bool = False
    dripfeed: bool = False
    type: str = "Default"
    desc: str = ""

    @property
    def is_package(self) -> bool:
        return self.type == PACKAGE

    def offered(self) -> dict[str, Any]:
        """This service as a row of the provider's list."""
        return {
            "service": self.id,
            "name": self.name,
            "type": self.type,
            "category": self.category,
            "rate": self.rate,
            "min": str(self.minimum),
            "max": str(self.maximum),
            "refill": self.refill_days > 0,
            "cancel": self.cancel,
            "dripfeed": self.dripfeed,
            "desc": self.desc,
        }

    def quantity_of(self, fields: Mapping[str, str]) -> int | None:
        """How many an order asks for; None where it does not say so in plain digits."""
        if self.is_package:
            return 1
        if self.type == COMMENTS:
            return sum(1 for line in fields.get("comments", "").splitlines() if line.strip())
        text = fields.get("quantity", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


PHOTO, VIDEO, SHORT = "Pictura - photos and profiles", "Vidora - videos and channels", "Chirper - short messages"
MUSIC, GROUP, WEB = "Tonewave - music", "Groupline - groups and channels", "Webtraffic - visitors"

KEEP_PUBLIC = "Keep the profile public until the order is finished. One order per link at a time."
COUNTS_LATE = "The platform may need up to a day to show the full number."
NO_REFILL = "Cheapest choice. Numbers may drop later and are not topped up."

# fmt: off
SERVICES: tuple[SimulatedService, ...] = (
    SimulatedService(1, PHOTO, "Photo Likes | Real look | Start 0-15 min | 30 days refill", "0.38", 10, 50_000, 15, 20_000, 30, cancel=True, dripfeed=True, desc=KEEP_PUBLIC),
    SimulatedService(2, PHOTO, "Photo Likes | Economy | Start 0-1 h | No refill", "0.0412", 10, 100_000, 60, 50_000, dripfeed=True, desc=NO_REFILL),
    SimulatedService(3, PHOTO, "Photo Likes | One country | Start 0-2 h | 60 days refill", "2.75", 20, 5_000, 120, 1_500, 60, cancel=True, desc=KEEP_PUBLIC),
    SimulatedService(4, PHOTO, "Followers | Mixed quality | Start 0-1 h | 30 days refill", "0.9", 50, 200_000, 60, 10_000, 30, cancel=True, dripfeed=True, desc=KEEP_PUBLIC),
    SimulatedService(5, PHOTO, "Followers | Real look | Slow and steady | 90 days refill", "3.4175", 100, 20_000, 360, 1_000, 90, cancel=True, desc=KEEP_PUBLIC),
    SimulatedService(6, PHOTO, "Followers | No refill | Start 0-30 min", "0.3125", 10, 500_000, 30, 40_000, desc=NO_REFILL),
    SimulatedService(7, PHOTO, "Clip Views | Start 0-5 min | Lifetime", "0.001", 100, 10_000_000, 5, 2_000_000, dripfeed=True, desc=COUNTS_LATE),
    SimulatedService(8, PHOTO, "Story Views | All stories of the day | Start 0-15 min", "0.0850000", 20, 30_000, 15, 30_000),
    SimulatedService(9, PHOTO, "Custom Comments | Your own words | Start 0-2 h", "8.5", 5, 1_500, 120, 500, type=COMMENTS),
    SimulatedService(10, PHOTO, "Starter Package | 500 likes and 1,000 views on one photo", "1.49", 1, 1, 60, 1, type=PACKAGE, desc=KEEP_PUBLIC),
    SimulatedService(11, VIDEO, "Video Views | Start 0-1 h | 30 days refill", "0.742", 100, 1_000_000, 60, 50_000, 30, cancel=True, dripfeed=True, desc=COUNTS_LATE),
    SimulatedService(12, VIDEO, "Video Views | Watch 30-60 s | Start 0-6 h | 60 days refill", "1.6550001", 500, 500_000, 360, 20_000, 60, desc=COUNTS_LATE),
    SimulatedService(13, VIDEO, "Watch Time | 4,000 hours plan | Videos of 60 min and more", "28.5", 100, 4_000, 1_440, 500, 30, desc=COUNTS_LATE),
    SimulatedService(14, VIDEO, "Video Likes | Start 0-30 min | 30 days refill", "0.815", 10, 50_000, 30, 10_000, 30, cancel=True, dripfeed=True),
    SimulatedService(15, VIDEO, "Subscribers | Steady 50-100 a day | 30 days refill", "14.9", 20, 10_000, 720, 100, 30, desc=KEEP_PUBLIC),
    SimulatedService(16, VIDEO, "Subscribers | Economy | Start 0-12 h | No refill", "4.2075", 50, 20_000, 720, 2_000, desc=NO_REFILL),
    SimulatedService(17, VIDEO, "Short Clip Views | Start 0-15 min", "0.0937125", 100, 5_000_000, 15, 500_000, dripfeed=True, desc=COUNTS_LATE),
    SimulatedService(18, VIDEO, "Live Viewers | 30 minutes | Starts when you are live", "5.6", 20, 5_000, 10, 5_000, desc="Order when the stream has begun."),
    SimulatedService(19, VIDEO, "Launch Package | 1,000 views, 100 likes, 20 shares", "3.95", 1, 1, 180, 1, type=PACKAGE, desc=COUNTS_LATE),
    SimulatedService(20, SHORT, "Message Likes | Start 0-30 min | 30 days refill", "1.27", 10, 25_000, 30, 5_000, 30, cancel=True),
    SimulatedService(21, SHORT, "Followers | Start 0-6 h | 30 days refill", "2.9", 20, 50_000, 360, 3_000, 30, cancel=True, desc=KEEP_PUBLIC),
    SimulatedService(22, SHORT, "Reposts | Start 0-1 h", "1.905", 10, 20_000, 60, 5_000, cancel=True),
    SimulatedService(23, SHORT, "Impressions | Start 0-15 min", "0.00725", 100, 10_000_000, 15, 1_000_000, dripfeed=True, desc=COUNTS_LATE),
    SimulatedService(24, SHORT, "Poll Votes | Start 0-1 h", "1.1", 50, 10_000, 60, 5_000, type="Poll"),
    SimulatedService(25, SHORT, "Video Views | Start 0-5 min", "0.0036", 100, 50_000_000, 5, 5_000_000, desc=COUNTS_LATE),
    SimulatedService(26, MUSIC, "Plays | Worldwide | Start 0-12 h | Lifetime", "0.295", 1_000, 1_000_000, 720, 10_000, 365, desc="Counters are updated once a day."),
    SimulatedService(27, MUSIC, "Plays | One country | Premium listeners | Start 0-24 h", "1.08", 1_000, 250_000, 1_440, 3_500, 365, desc="Counters are updated once a day."),
    SimulatedService(28, MUSIC, "Monthly Listeners | Start 0-48 h", "2.4", 500, 100_000, 2_880, 2_000, desc="The number follows the plays of 28 days."),
    SimulatedService(29, MUSIC, "Artist Followers | Start 0-2 h | 60 days refill", "0.66", 50, 100_000, 120, 8_000, 60, cancel=True),
    SimulatedService(30, MUSIC, "Playlist Followers | Start 0-2 h | 60 days refill", "0.64", 50, 100_000, 120, 8_000, 60, cancel=True),
    SimulatedService(31, MUSIC, "Release Package | 10,000 plays and 200 saves in a week", "6.25", 1, 1, 1_440, 1, type=PACKAGE),
    SimulatedService(32, GROUP, "Channel Members | Start 0-1 h | 30 days refill", "1.15", 10, 100_000, 60, 15_000, 30, cancel=True, desc="The channel must be public."),
    SimulatedService(33, GROUP, "Channel Members | No drop | 90 days refill", "3.05", 100, 50_000, 180, 5_000, 90, desc="The channel must be public."),
    SimulatedService(34, GROUP, "Post Views | Last post | Start 0-5 min", "0.0145", 10, 500_000, 5, 500_000, dripfeed=True),
    SimulatedService(35, GROUP, "Post Views | Last 10 posts | Start 0-15 min", "0.14", 10, 200_000, 15, 100_000),
    SimulatedService(36, GROUP, "Positive Reactions | Start 0-15 min", "0.0890625", 10, 50_000, 15, 20_000, cancel=True),
    SimulatedService(37, GROUP, "Personal Advice for a Channel | One hour with an editor", "60", 1, 1, 2_880, 1, type=PACKAGE, desc="We write to you through the channel's contact."),
    SimulatedService(38, WEB, "Visitors | Worldwide | From search | Start 0-12 h", "0.19", 500, 1_000_000, 720, 30_000, cancel=True, dripfeed=True, desc="Visible in the analytics of your own site."),
    SimulatedService(39, WEB, "Visitors | One country | 60 s on the page | Start 0-12 h", "0.83", 500, 250_000, 720, 10_000, cancel=True, desc="Visible in the analytics of your own site."),
    SimulatedService(40, WEB, "Visitors | Phones only | Start 0-12 h", "0.225", 500, 1_000_000, 720, 30_000, cancel=True, desc="Visible in the analytics of your own site."),
)
