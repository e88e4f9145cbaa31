"""Quantization: the workload trace, and the fitting of number formats to a network's tensors."""
