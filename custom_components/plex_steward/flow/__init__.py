"""The steps of the config flow, the options and the subentries, one module per part of the conversation."""
