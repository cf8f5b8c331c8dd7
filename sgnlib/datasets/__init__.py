"""Images: the embedded painted domains, folders of one's own, and unpaired sampling."""
