# When each source sounds, with dplyr: Rscript docs/analyses/occupancy.R results/SEASON/tables/occupancy/MODEL
# Reads the folder with arrow, or with nanoparquet where arrow is not installed; in place of a folder it takes a CSV.
library(dplyr, warn.conflicts = FALSE)
path <- commandArgs(trailingOnly = TRUE)[1]
occupancy <- if (grepl("[.]csv$", path)) {
  read.csv(path)
} else if (requireNamespace("arrow", quietly = TRUE)) {
  collect(arrow::open_dataset(path))
} else {
  bind_rows(lapply(list.files(path, "[.]parquet$", full.names = TRUE), nanoparquet::read_parquet))
}

# Add up, then divide: never average ratios. Hours that were not analysed have effort 0.
hours <- occupancy |>
  filter(kind == "source", effort_cells > 0) |>
  mutate(hour = as.integer(substr(start_local, 12, 13))) |>
  group_by(source, hour) |>
  summarise(active_cells = sum(active_cells), effort_cells = sum(effort_cells), .groups = "drop") |>
  mutate(tf_occupancy = active_cells / effort_cells)
write.csv(hours, row.names = FALSE)
