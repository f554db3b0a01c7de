"""What every area shares: the model, the door to the network, the judging. Imports no area."""
