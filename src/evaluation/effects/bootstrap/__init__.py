"""Bootstrap by person: draws are weights, never copies."""
