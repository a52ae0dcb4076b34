"""Forms in which one network can be trained, for benchmarks/supernet_step.py."""
