"""DeepNets-1M: varied networks, to train general hypernetworks on."""
