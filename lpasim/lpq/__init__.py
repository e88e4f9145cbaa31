"""The search for every layer's own number format: a genetic search guided by what the network computes."""
