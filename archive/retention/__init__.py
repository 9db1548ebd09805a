"""Removal of captures that are no longer to be kept, and the record of what was removed, when and why."""

from archive.retention.policy import Retention, RetentionRule
from archive.retention.pruning import PrunePlan, Pruner, PruneResult
from archive.retention.removals import Removal, Removals

__all__ = ["PrunePlan", "PruneResult", "Pruner", "Removal", "Removals", "Retention", "RetentionRule"]
