"""What keepers say to each other: values, bytes, signatures, conversations."""
