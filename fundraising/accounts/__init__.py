"""Staff: who they are, what they may do, how they sign in, and the trail of what they did."""
