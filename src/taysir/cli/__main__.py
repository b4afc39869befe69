"""Entry of ``python -m taysir.cli``."""

from taysir.cli import main

main()
