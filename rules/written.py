"""A rule as people write it: a sentence, or the tree that it means."""

from rules.never import check_sense
from rules.sentence import parse
from rules.spoken_of import ANYTHING, About, check_nouns
from rules.tree import Tree, tree_from_json


def understood(when: object, about: About = ANYTHING) -> Tree:
    """The tree that is meant; RuleError says where it cannot be read, or why it makes no sense.

    What was stored earlier is only read: a rule that never holds does no harm.
    """
    if isinstance(when, str):
        tree = parse(when, about.name)
        check_nouns(when, about)
    else:
        tree = tree_from_json(when)
    check_sense(tree)
    return tree
