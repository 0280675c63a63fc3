"""An answering that is killed after some of its parts."""

import pytest

from kotune.answering import answer as answering
from kotune.answering.unfinished import Part


def answered_until_killed(order, parts):
    """Answer until as many parts are written, and die; return the lines of each part."""
    add, added = Part.add, []

    def dies(self, lines, seconds):
        if len(added) == parts:
            raise KeyboardInterrupt
        added.append(lines)
        add(self, lines, seconds)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Part, "add", dies)
        answering.answer(order)
    return added
