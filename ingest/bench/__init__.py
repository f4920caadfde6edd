"""`motorpool bench ingest`: how fast messages become durable, and what that costs."""
