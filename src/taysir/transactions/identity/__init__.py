"""Who the person is: signed in by the national identity provider, known by an identity number.

Flow: ``views.sign_in`` sends the browser to the provider (OpenID Connect, django-allauth),
``adapters`` makes a :class:`~taysir.transactions.identity.models.Person` of what comes back. Other
apps refer to the person by its key, never by number or name.
"""
