"""Policies: what is done for a server, without any entity knowing how."""
