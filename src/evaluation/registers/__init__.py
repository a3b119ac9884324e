"""Registers: what a delivery has to hold, opening one, cleaning it, and a ledger of its flaws."""

from evaluation.registers.contracts import CONTRACTS, Column, Contract, contract
from evaluation.registers.engine import delivered_files
from evaluation.registers.ledger import Ledger, validate
from evaluation.registers.opening import open_registers
from evaluation.registers.registers import Registers
from evaluation.registers.summary import summary

__all__ = [
    "CONTRACTS",
    "Column",
    "Contract",
    "Ledger",
    "Registers",
    "contract",
    "delivered_files",
    "open_registers",
    "summary",
    "validate",
]
