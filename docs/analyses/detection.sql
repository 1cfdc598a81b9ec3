-- Naive occupancy of sites and what was heard under what, with DuckDB. Run in results/SEASON/tables, MODEL replaced.
SELECT source, count(*) FILTER (detected = 1) AS detections, count(detected) AS occasions, round(sum(effort_s) / 3600, 2) AS effort_h
FROM 'detection_history/MODEL/*.parquet' WHERE kind = 'source' GROUP BY source ORDER BY source;

SELECT source, by_source, sum(both_cells) / nullif(sum(source_cells), 0) AS masked_share
FROM 'overlap/MODEL/*.parquet' GROUP BY source, by_source ORDER BY source, by_source;
