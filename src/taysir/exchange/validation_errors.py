"""Errors of descriptions: OpenAPI documents that cannot be used."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

EXC_DESCRIPTION = declare(
    "EXC-0128",
    status=502,
    ar="وصف OpenAPI للخدمة لا يصلح: {reason}.",
    en="The service's OpenAPI document cannot be used: {reason}.",
    remedy_ar="صحّح الوصف الذي تنشره الخدمة (OpenAPI 3.1 بصيغة JSON).",
    remedy_en="Correct the document that the service publishes (OpenAPI 3.1 as JSON).",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
