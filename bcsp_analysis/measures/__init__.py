"""What is counted and what the printed figures imply: the quarterly table, the audit, the claims."""
