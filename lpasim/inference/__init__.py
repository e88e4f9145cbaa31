"""Execution of quantized networks, and how accurate they are: the float network, and the datapath bit for bit."""
