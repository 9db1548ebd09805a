"""Item pipelines, one per module. The settings define their order."""
