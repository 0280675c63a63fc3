"""How a process is kept to its limits from within, before it runs what nobody trusts.

Both sides of the sandbox load this module, and so it imports as little as can be. Reads and writes nothing.
"""

from __future__ import annotations

import os
import resource


def hold(cpu: int, memory: int, folder: int, processes: int) -> None:
    """Hold this process and its children to limits (`sandbox.limits`), for good: the hard limits are set, too."""

    def at_most(what: int, soft: int, hard: int | None = None) -> None:
        most = resource.getrlimit(what)[1]
        hard = soft if hard is None else hard
        hard = hard if most == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(what, (min(soft, hard), hard))

    # the soft limit ends a program, the hard one a program that will not end a second later
    at_most(resource.RLIMIT_CPU, cpu, cpu + 1)
    at_most(resource.RLIMIT_AS, memory)
    at_most(resource.RLIMIT_FSIZE, folder)
    at_most(resource.RLIMIT_NPROC, processes)
    at_most(resource.RLIMIT_CORE, 0)
    at_most(resource.RLIMIT_NOFILE, 64)


def become(user: int) -> None:
    """Become a user without rights, where ``user`` is one (0: nobody else is asked for); OSError where that fails.

    It is for good: real, effective and saved ids are all set, and rights go with them.
    """
    if not user:
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
