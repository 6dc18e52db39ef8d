"""``python -m bcsp_analysis`` is the ``bcsp`` command."""

from bcsp_analysis.cli import main

if __name__ == "__main__":
    main()
