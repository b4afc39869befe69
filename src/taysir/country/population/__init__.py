"""The population of the State of Waha: generated from a seed, kept between starts.

Flow: ``material`` (names, places) → ``families`` (who is born, marries, dies) → ``records`` (what
each agency knows about them) → ``building`` (one SQLite file an agency, made aside and put in
place whole). ``schema`` holds the agencies' tables; the personas are in
``taysir.country.personas``. All persons are invented.
"""
