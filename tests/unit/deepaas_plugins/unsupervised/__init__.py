"""What methods without labels share: frame, axes, autoencoder, neighbours."""
