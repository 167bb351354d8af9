"""What axons are asked."""
