"""Reading layers of torch-geometric."""
