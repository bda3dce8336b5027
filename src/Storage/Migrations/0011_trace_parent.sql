-- The span in which a delivery came, as W3C's traceparent: who drains the inbox, after whatever happened, goes on with that trace.
ALTER TABLE inbox ADD COLUMN trace_parent TEXT;
