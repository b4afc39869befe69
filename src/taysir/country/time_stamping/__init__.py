"""The time-stamp authority of the sample country."""
