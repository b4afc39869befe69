"""Bills and the payments that the treasury confirmed. Amounts are whole qirsh."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from taysir.kernel import limits


class BillStatus(models.TextChoices):
    """Where a bill stands; the treasury's word moves it, nothing else."""

    NEW = "new", "not yet known to the treasury"
    ISSUED = "issued", "payable"
    PAID = "paid", "paid in full"


class Bill(models.Model):
    """One demand for one case, or for one part of it where a fee is paid in parts."""

    number = models.CharField(max_length=20, unique=True)
    case_number = models.CharField(max_length=limits.CASE_NUMBER_CHARS, db_index=True)
    part = models.CharField(max_length=limits.BILL_PART_CHARS, blank=True)
    payer_ref = models.CharField(max_length=64, db_index=True)
    amount_minor = models.PositiveBigIntegerField()
    description_ar = models.CharField(max_length=300)
    description_en = models.CharField(max_length=300)
    due = models.DateField()
    status = models.CharField(
        max_length=10, choices=BillStatus.choices, default=BillStatus.NEW, db_index=True
    )
    last_attempt = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    paid_minor = models.PositiveBigIntegerField(default=0)
    refund_due_minor = models.PositiveBigIntegerField(default=0)
    given_back_minor = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_number", "part"], name="payments_one_bill_a_part")
        ]

    def __str__(self) -> str:
        return f"bill {self.number}"

    @property
    def is_paid(self) -> bool:
        """Whether the treasury holds at least the amount."""
        return self.status == BillStatus.PAID

    @property
    def outcome(self) -> str:
        """What the pay page shows: open, declined, timeout, partly, paid or paid_twice."""
        if self.is_paid:
            return "paid_twice" if self.refund_due_minor > self.given_back_minor else "paid"
        if self.paid_minor:
            return "partly"
        return self.last_attempt or "open"


class Payment(models.Model):
    """One payment that the treasury reported; the reference keeps it from being counted twice."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="payments")
    reference = models.CharField(max_length=64)
    amount_minor = models.PositiveBigIntegerField()
    paid_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["paid_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bill", "reference"], name="payments_counted_once")
        ]

    def __str__(self) -> str:
        return f"payment {self.reference}"
