"""Addresses of cases."""

from __future__ import annotations

from django.urls import path

from taysir.transactions.cases import views

app_name = "cases"
urlpatterns = [
    path("services/<slug:code>/start", views.start, name="start"),
    path("cases/", views.mine, name="mine"),
    path("cases/<str:number>/", views.case, name="case"),
    path("cases/<str:number>/review", views.review, name="review"),
    path("cases/<str:number>/submit", views.submit, name="submit"),
    path("cases/<str:number>/withdraw", views.withdraw, name="withdraw"),
    path("cases/<str:number>/objection", views.objection, name="objection"),
    path("cases/<str:number>/pay", views.pay, name="pay"),
    path("cases/<str:number>/paid", views.paid, name="paid"),
    path("cases/<str:number>/dispute/<str:fact>", views.dispute, name="dispute"),
    path("cases/<str:number>/pages/<slug:page_id>", views.page, name="page"),
]
