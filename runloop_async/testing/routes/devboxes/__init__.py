"""What devboxes are asked."""
