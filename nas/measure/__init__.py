"""Latency, memory and energy of networks on devices: measured, and predicted from few."""
