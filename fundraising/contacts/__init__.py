"""People and organisations: who they are, how to reach them, what they agreed to, and who may be the same."""
