"""Plans as people write them: a Markdown document becomes the data that a plan's YAML file would hold."""
