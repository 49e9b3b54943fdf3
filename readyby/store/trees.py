"""The circuits and limits that a plan was made for, as the text that is stored with it."""

from pydantic import TypeAdapter

from readyby.circuits import NO_TREE, Tree

_TREES = TypeAdapter(Tree)


def tree_text(tree: Tree) -> str:
    """A tree as text; none as no text."""
    return "" if tree == NO_TREE else _TREES.dump_json(tree).decode()


def tree_from(text: str) -> Tree:
    """The tree of a stored text."""
    return _TREES.validate_json(text) if text else NO_TREE
