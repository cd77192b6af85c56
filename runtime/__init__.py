"""What runs beside other people's code, on request only. Standard library only."""
