"""The delivery: SCB-like register files of a simulated population, with the flaws of real ones."""

from synthetic_registers.delivery.writer import DeliveryWriter

__all__ = ["DeliveryWriter"]
