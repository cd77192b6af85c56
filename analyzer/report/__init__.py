"""Results → text, JSON or Markdown. Pure: nothing here reads, writes or prints."""
