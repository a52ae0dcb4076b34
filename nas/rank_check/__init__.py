"""Whether a trained supernet orders networks as training them alone does."""
