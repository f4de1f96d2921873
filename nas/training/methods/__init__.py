"""Methods that a training may use beside plain descent."""
