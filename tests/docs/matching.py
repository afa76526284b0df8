"""Whether a program printed what a page shows, where ids, keys and times are others every time."""

import difflib
import re

# what may be anything: as it looks on the page, and in what was printed
FREE = {
    "rest": (r",…(?=[}\]])", r"(?:,.*)?"),
    "before": (r"…,", r"(?:.*,)?"),
    "anything": (r"…", r".*"),
    "moment": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",) * 2,
}
# what is another one every time, but the same one throughout
IDS = {
    "uuid": (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",) * 2,
    "secret": (r"(?:[a-z]{2}|whsec)_[0-9A-Za-z_+/=]{40,}",) * 2,
    "device": (r"tYV249c8NA8u", r"[0-9A-Za-z]{12}"),
    "ref": (r"\b679866150\b", r"[1-9]\d{8}"),
}
_SHOWN = re.compile("|".join(f"(?P<{name}>{shown})" for name, (shown, _) in (FREE | IDS).items()))
_STRING_OR_BLANKS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')


class Matcher:
    """Compares the steps of one program; an id that the page shows twice has to be the same one twice."""

    def __init__(self) -> None:
        self._stands_for: dict[str, str] = {}

    def difference(self, shown: str, printed: str) -> str:
        """What differs, line by line; empty when nothing does."""
        shown, printed = _compact(shown), _compact(printed)
        pattern, named = self._pattern(shown)
        if (found := re.fullmatch(pattern, printed, re.DOTALL)) is None:
            for text, known in self._stands_for.items():
                shown = shown.replace(text, known)
            return _lines(shown, printed)
        self._stands_for |= {text: found[group] for group, text in named.items()}
        return ""

    def _pattern(self, shown: str) -> tuple[str, dict[str, str]]:
        """A regular expression, and which of its groups finds what stands for which text of the page."""
        pattern, groups, end = "", dict[str, str](), 0
        for part in _SHOWN.finditer(shown):
            pattern += re.escape(shown[end : part.start()])
            end, text, kind = part.end(), part[0], part.lastgroup or ""
            if kind in FREE:
                pattern += FREE[kind][1]
            elif text in self._stands_for:
                pattern += re.escape(self._stands_for[text])
            elif text in groups:
                pattern += f"(?P={groups[text]})"
            else:
                groups[text] = f"{kind}{len(groups)}"
                pattern += f"(?P<{groups[text]}>{IDS[kind][1]})"
        return pattern + re.escape(shown[end:]), {group: text for text, group in groups.items()}


def _compact(text: str) -> str:
    """Without the blanks that JSON does not mind."""
    return _STRING_OR_BLANKS.sub(lambda part: part[1] or "", text)


def _lines(shown: str, printed: str) -> str:
    one, other = (re.sub(r"(?<=[{\[,])(?=.)", "\n", text).splitlines() for text in (shown, printed))
    return "\n".join(difflib.unified_diff(one, other, "the page", "printed", lineterm=""))
