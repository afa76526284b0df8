"""How goods come into a group whose members report piece by piece: small rises add up to one that counts (1.N)."""

from decimal import Decimal

from domain.message import Message

ZERO = Decimal(0)


class Climb(Message):
    """How far a shelf stands above its lowest since goods were seen on it last.

    `goes_on` where it has not fallen since then: whatever is put beside goods that were seen is more of them.
    """

    units: Decimal = ZERO
    goes_on: bool = False

    def by(self, change: Decimal, pack_size: Decimal) -> tuple["Climb", Decimal]:
        """The climb after a change of the shelf, and the goods that are seen by it: a quarter pack at least."""
        units = max(ZERO, self.units + change)
        goes_on = self.goes_on and change >= 0
        if units > 0 and (goes_on or units * 4 >= pack_size):
            return Climb(goes_on=True), units
        return Climb(units=units, goes_on=goes_on), ZERO
