"""The private app: what happens at the site, for analysts and operators."""
