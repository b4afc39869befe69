"""The rules of services: facts, pages, dated decisions and flow; pure code."""
