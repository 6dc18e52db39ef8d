"""Statistical models: pandas in, one frozen result a question out; no drawing, no files."""
