"""Treatment now against never (van den Berg & Vikström), pooled or on matched sets."""
