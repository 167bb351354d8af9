"""What to ask: requests as values, and what can be made of them."""
