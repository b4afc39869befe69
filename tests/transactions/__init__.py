"""Tests of the transactions apps, on Django's own test client and agencies in memory."""
