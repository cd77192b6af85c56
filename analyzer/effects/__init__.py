"""Effects of calls: what they read and write."""
