"""Networks, spaces and runs measured on a device."""
