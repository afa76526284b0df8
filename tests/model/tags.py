"""The clocks of tags, written a second time by counting: 1.J.12 and `expires within`, for one rule and a few tags.

It shares no line with Larder. Time is in ticks; every step but `wait` takes one tick, and every tick is looked at.
"""

from dataclasses import dataclass, field

OUT_FOR = 30
EXPIRES_WITHIN = 288
FRIDGES = {"a": 1, "b": 1, "c": 2}


@dataclass
class Piece:
    """A tag: inside or out since a tick, with the tick at which it expires."""

    expires: int | None
    out_since: int | None = None
    counts_from: int | None = None


@dataclass
class Shelf:
    """What is inside two fridges and what was taken from them; `told` are the ticks at which the rule became true."""

    rule: str
    now: int = 0
    level: int = 5
    pieces: dict[str, Piece] = field(default_factory=dict)
    unheard: dict[int, set[int]] = field(default_factory=lambda: {1: set(), 2: set()})
    spoke: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})
    silent: set[int] = field(default_factory=set)
    told: list[int] = field(default_factory=list)
    armed: bool = True

    def may(self, step: str, tag: str) -> bool:
        """Whether such a thing can happen now: a silent fridge reports nothing."""
        piece, fridge = self.pieces.get(tag), FRIDGES[tag]
        if step in ("wait", "count", "link", "unlink"):
            return piece is not None or step in ("wait", "count")
        if (step == "hear") != (fridge in self.silent):
            return False
        return {
            "add": piece is None,
            "remove": piece is not None and piece.out_since is None,
            "return": piece is not None and piece.out_since is not None,
        }.get(step, True)

    def do(self, step: str, tag: str, number: int) -> None:
        """Let it happen: `number` is how long to wait, or in how many ticks something expires, 0 for never."""
        self._pass(number if step == "wait" else 1)
        fridge, piece, expires = FRIDGES[tag], self.pieces.get(tag), self.now + number if number else None
        if step in ("add", "remove", "return", "hear", "scan"):
            self.spoke[fridge] = self.now
        match step:
            case "count":
                self.level = number
            case "add":
                self.pieces[tag] = Piece(expires)
                self.level += 1
            case "hear":
                self.silent.discard(fridge)
            case "silence":
                self._silence(fridge)
            case "scan":
                for other in self._out_of(fridge):
                    other.counts_from = self.now if other.counts_from is None else other.counts_from
        if piece is not None:
            self._touch(step, tag, piece, expires)
        self._look()

    def holds(self) -> bool:
        """Whether the rule is true now."""
        if self.rule == "expires":
            inside = [piece.expires for piece in self.pieces.values() if piece.out_since is None]
            return any(expires is not None and expires - self.now <= EXPIRES_WITHIN for expires in inside)
        return any(self._out_for(tag) >= OUT_FOR for tag in self.pieces)

    def _touch(self, step: str, tag: str, piece: Piece, expires: int | None) -> None:
        match step:
            case "remove":
                piece.out_since = piece.counts_from = self.now
                self.level = max(0, self.level - 1)
            case "return":
                piece.out_since = piece.counts_from = None
                self.level += 1
            case "link":
                piece.expires = expires
            case "unlink":
                self.level = max(0, self.level - (piece.out_since is None))
                del self.pieces[tag]

    def _silence(self, fridge: int) -> None:
        """Noticed now; it has been silent since it spoke last."""
        self.silent.add(fridge)
        self.unheard[fridge] |= set(range(self.spoke[fridge], self.now))
        for piece in self._out_of(fridge):
            piece.counts_from = None

    def _out_of(self, fridge: int) -> list[Piece]:
        of_fridge = [piece for tag, piece in self.pieces.items() if FRIDGES[tag] == fridge]
        return [piece for piece in of_fridge if piece.out_since is not None]

    def _out_for(self, tag: str) -> int:
        piece = self.pieces[tag]
        if piece.out_since is None:
            return -1
        if self.rule == "void":
            return -1 if piece.counts_from is None else self.now - piece.counts_from
        ticks = set(range(piece.out_since, self.now))
        return len(ticks - self.unheard[FRIDGES[tag]] if self.rule == "pause" else ticks)

    def _pass(self, ticks: int) -> None:
        for _ in range(ticks):
            for fridge in self.silent:
                self.unheard[fridge].add(self.now)
            self.now += 1
            self._look()

    def _look(self) -> None:
        if not self.holds():
            self.armed = True
        elif self.armed:
            self.armed = False
            self.told.append(self.now)
