"""Virtual devices and retailers that speak the real protocols."""
