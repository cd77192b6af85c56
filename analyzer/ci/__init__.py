"""What speaks to the servers that hold pull requests, and only when it is told to."""
