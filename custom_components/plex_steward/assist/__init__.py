"""What Assist can do: intents for the local agent, and the same as tools for language models."""
