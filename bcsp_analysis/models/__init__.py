"""Statistical models: pandas in, one frozen result per question out; no drawing, no reading of files."""
