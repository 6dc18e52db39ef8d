"""What is measured apart from the tests; each package is run on its own."""
