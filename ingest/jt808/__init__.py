"""JT/T 808 over TCP: codec, and the gateway that stores what such terminals report."""
