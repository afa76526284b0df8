"""The service under test is the journeys' town."""

from tests.journeys.conftest import the_town, town_settings

__all__ = ["the_town", "town_settings"]
