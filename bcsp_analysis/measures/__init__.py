"""What is counted, and what the printed figures imply: table, audit, claims."""
