"""Damage to the registers: real deliveries' flaws, made on purpose, each listed with its row."""
