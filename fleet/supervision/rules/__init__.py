"""The rules of DOMAIN §A, one module each: a pure function of what a Context holds."""
