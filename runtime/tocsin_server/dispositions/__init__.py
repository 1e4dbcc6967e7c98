"""What people find out about findings, and who looks at them."""
