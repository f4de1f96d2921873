"""DeepNets-1M: varied networks for training general hypernetworks."""
