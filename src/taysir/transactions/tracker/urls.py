"""Addresses of the tracker."""

from __future__ import annotations

from django.urls import path

from taysir.transactions.tracker import views

app_name = "tracker"
urlpatterns = [path("my-data/", views.mine, name="mine")]
