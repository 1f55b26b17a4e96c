"""What annotation tools write, as texts with spans and labels."""
