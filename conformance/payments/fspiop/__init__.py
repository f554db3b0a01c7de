"""FSPIOP, the interface of Mojaloop-style hubs: its signatures and their vectors."""
