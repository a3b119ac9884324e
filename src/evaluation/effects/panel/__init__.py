"""The matched panel: event studies and differences in differences."""
