"""The alert store: alerts as they were raised, findings that fold them, and who reads them."""
