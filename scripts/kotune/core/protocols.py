"""How tasks of lm-evaluation-harness are asked, by name: protocols, templates, and the arm whose weights are random.

Reads and writes nothing.
"""

PUBLISHED, CLEAN = "published", "clean"  # as the harness has it; with its faults mended
NO_TEMPLATE, CHAT, MULTITURN = "none", "chat", "chat-multiturn"  # all shots in one turn; each a turn of its own
UNTRAINED = "untrained"  # a model of the same shape with random weights
