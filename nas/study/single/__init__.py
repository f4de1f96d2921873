"""One network of the user's choice: trained, or written for other programs."""
