"""The inbox: every message of the state to a person is a record; channels only announce it.

Flow: ``service.send`` fills a template of ``messages.toml`` (or of a service pack) in both
languages and stores the message once; each configured channel is told, after the commit, that
something arrived. Channels never carry the content, because they are not confidential.
"""
