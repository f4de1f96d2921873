"""Which candidates are trained, and how far their ranking can be trusted."""
